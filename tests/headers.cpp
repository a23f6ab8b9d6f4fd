// The program that CMake precompiles the headers of the tests for.
int main() {}
