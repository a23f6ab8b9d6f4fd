# The demo itself: exits with 1 if an activation that should doesn't reach 95 % on held-out images.
add_test(NAME examples.digits COMMAND digits)
add_test(NAME examples.digits_definition COMMAND digits --activation "mine(x) = x * tanh(exp(x))")
add_test(NAME examples.digits_malformed COMMAND digits --activation "mine(x) = x * tanh(exp(x)")
set_tests_properties(examples.digits_malformed PROPERTIES PASS_REGULAR_EXPRESSION "digits: .*\n.*\n *\\^")
set_tests_properties(examples.digits examples.digits_definition examples.digits_malformed PROPERTIES LABELS examples TIMEOUT 300)
