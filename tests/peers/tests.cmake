# What isn't installed here is skipped, and says so.
actinide_test(peers agreement LIBRARIES actinide_bench)
if(TARGET actinide_peers)
  add_dependencies(peers_agreement_test actinide_peers)
endif()
