actinide_test(accuracy points LIBRARIES actinide_accuracy)
actinide_test(accuracy sweep LIBRARIES actinide_accuracy)
