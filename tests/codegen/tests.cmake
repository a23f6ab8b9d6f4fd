actinide_test(codegen instructions LIBRARIES actinide_codegen SOURCES codegen/support.cpp)
actinide_test(codegen kernels LIBRARIES actinide_codegen SOURCES codegen/support.cpp)
actinide_test(codegen targets LIBRARIES actinide_codegen SOURCES codegen/support.cpp)
actinide_test(codegen random_programs LIBRARIES actinide_codegen SOURCES codegen/support.cpp)
