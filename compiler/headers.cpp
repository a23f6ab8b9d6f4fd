// Empty: CMake precompiles the headers of a target that has a source.
