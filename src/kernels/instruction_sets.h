// Which of the instruction sets that src/kernels is compiled for this processor has.
#pragma once

namespace fovea {

/// AVX2 with FMA.
bool has_avx2();
/// AVX-512 with F, DQ, BW and VL, and what has_avx2 says.
bool has_avx512();
/// AMX with tiles of bfloat16, which the kernel must lend to this process, and what has_avx512 says.
bool has_amx();
/// "amx", "avx512", "avx2" or "generic".
const char* widest_instruction_set();

}  // namespace fovea
