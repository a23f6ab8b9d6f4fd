# The demo itself: exits with 1 if an activation that should doesn't reach 95 % on held-out images.
add_test(NAME examples.digits COMMAND digits)
add_test(NAME examples.digits_definition COMMAND digits --activation "mine(x) = x * tanh(exp(x))")
add_test(NAME examples.digits_malformed COMMAND digits --activation "mine(x) = x * tanh(exp(x)")
set_tests_properties(examples.digits_malformed PROPERTIES PASS_REGULAR_EXPRESSION "digits: .*\n.*\n *\\^")
set_tests_properties(examples.digits examples.digits_definition examples.digits_malformed PROPERTIES LABELS examples TIMEOUT 300)

# Host programs of the just-in-time compiler.
set(run bash ${CMAKE_CURRENT_LIST_DIR}/run.sh)
set(folder ${PROJECT_SOURCE_DIR}/examples)
add_test(NAME examples.configuration COMMAND ${run} "0 -1e300 1000" "0\\n-0\\n1000"
                                             $<TARGET_FILE:configuration> ${folder}/configuration/mish.conf)
add_test(NAME examples.training COMMAND training)
add_test(NAME examples.training_definition COMMAND training "mine(x; a = 2) = x * tanh(exp(a * x))")
add_test(NAME examples.server
         COMMAND ${run} "relu ; -1, 2\\nf(x) = x^2 + 1 ; 2, 3\\nrelu ; -3\\ngleu ; 1\\nswiglu ; 1\\nrelu"
                 "0, 2\\n5, 10\\n0\\nerror: unknown activation 'gleu'; did you mean 'gelu'? `actinide list` shows all, and a definition is written `gleu(x) = ...`\\nerror: an activation of one input is served\\nerror: write ACTIVATION ; x, x, ..."
                 $<TARGET_FILE:server>)
set_tests_properties(examples.configuration examples.training examples.training_definition examples.server
                     PROPERTIES LABELS examples TIMEOUT 300)
