// Runs a fuzz target on bytes from a fixed seed: junk, and junk that begins like the real thing. The target
// adds nothing to the corpus here; libFuzzer does that where clang is at hand.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  const long rounds = argc > 1 ? std::atol(argv[1]) : 1000;
  std::mt19937_64 random(20151);
  for (long round = 0; round < rounds; ++round) {
    std::vector<uint8_t> bytes(random() % (round % 16 == 0 ? 4096 : 96));
    // Small numbers are valid far more often than large ones.
    const uint64_t mask = round % 3 == 0 ? 0xff : round % 3 == 1 ? 0x1f : 0x03;
    for (uint8_t& byte : bytes) byte = uint8_t(random() & mask);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%ld inputs\n", rounds);
}
