actinide_test(lowering lower LIBRARIES actinide_lowering)
