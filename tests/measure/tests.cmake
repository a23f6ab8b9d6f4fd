foreach(test copies tensors timing)
  actinide_test(measure ${test} LIBRARIES actinide_measure)
endforeach()
