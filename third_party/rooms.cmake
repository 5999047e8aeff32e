# The rooms: static libraries.
add_library(fovea_options INTERFACE)
target_include_directories(fovea_options INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/fovea>)
target_compile_features(fovea_options INTERFACE cxx_std_20)
# -pthread everywhere: a precompiled header serves only targets with the same flags.
target_compile_options(fovea_options INTERFACE -Wall -Wextra -Wno-unused-parameter -pthread)
if(FOVEA_SANITIZE)
  target_compile_options(fovea_options INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
  target_link_options(fovea_options INTERFACE -fsanitize=address,undefined)
endif()

# LibTorch's headers once, precompiled, shared by every target that sees tensors.
file(WRITE ${PROJECT_BINARY_DIR}/pch/torch.cpp "")
add_library(fovea_torch STATIC ${PROJECT_BINARY_DIR}/pch/torch.cpp)
target_link_libraries(fovea_torch PUBLIC fovea_options fovea_json)
target_include_directories(fovea_torch SYSTEM PUBLIC "$<BUILD_INTERFACE:${TORCH_INCLUDE_DIRS}>")
target_link_libraries(fovea_torch PUBLIC "$<BUILD_INTERFACE:${TORCH_LIBRARIES}>" Threads::Threads)
# LibTorch is built with NDEBUG, and some of its classes have other members without it (at::RecordFunction).
target_compile_definitions(fovea_torch PUBLIC NDEBUG)
target_compile_options(fovea_torch PUBLIC $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
target_precompile_headers(fovea_torch PRIVATE <torch/torch.h> <nlohmann/json.hpp> <algorithm> <map> <optional> <string> <vector>)

# fovea_room(NAME DIRS dir… [TORCH] LINK target…): every .cpp below the folders, found anew at each build.
function(fovea_room name)
  cmake_parse_arguments(ROOM "TORCH" "" "DIRS;LINK" ${ARGN})
  set_property(GLOBAL APPEND PROPERTY FOVEA_ROOMS ${name})  # what is installed
  set(sources)
  foreach(dir IN LISTS ROOM_DIRS)
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${dir}/*.cpp)
    list(APPEND sources ${found})
  endforeach()
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE fovea_options ${ROOM_LINK})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC fovea_options ${ROOM_LINK})
  if(ROOM_TORCH)
    target_link_libraries(${name} PUBLIC fovea_torch)
    target_precompile_headers(${name} REUSE_FROM fovea_torch)
  endif()
endfunction()

# fovea_instruction_sets(TARGET): src/kernels/kernels_*.cpp, each for the set of instructions that its name says; which one runs is decided
# when the program does.
function(fovea_instruction_sets target)
  # Always optimised: these files are loops and nothing else. A sum of products is one instruction where there is one.
  set(loops -O3 -ffp-contract=fast -fno-math-errno -Wno-psabi)
  set(avx2 -mavx2 -mfma)
  set(avx512 ${avx2} -mavx512f -mavx512dq -mavx512bw -mavx512vl -mprefer-vector-width=512)
  set(file ${PROJECT_SOURCE_DIR}/src/kernels/kernels)
  set_source_files_properties(${file}_generic.cpp PROPERTIES COMPILE_OPTIONS "${loops}")
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_definitions(${target} PRIVATE FOVEA_X86)
    set_source_files_properties(${file}_avx2.cpp PROPERTIES COMPILE_OPTIONS "${loops};${avx2}")
    set_source_files_properties(${file}_avx512.cpp PROPERTIES COMPILE_OPTIONS "${loops};${avx512}")
    set_source_files_properties(${file}_amx.cpp PROPERTIES COMPILE_OPTIONS "${loops};${avx512};-mavx512bf16;-mamx-tile;-mamx-bf16")
  else()
    set_source_files_properties(${file}_avx2.cpp ${file}_avx512.cpp ${file}_amx.cpp PROPERTIES HEADER_FILE_ONLY ON)
  endif()
endfunction()

# fovea_embed_commit(TARGET): adds a source that names the commit, looked up at every build.
function(fovea_embed_commit target)
  set(made ${PROJECT_BINARY_DIR}/generated/commit.cpp)
  add_custom_target(fovea_commit BYPRODUCTS ${made}
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUT=${made} -P ${PROJECT_SOURCE_DIR}/third_party/commit.cmake)
  target_sources(${target} PRIVATE ${made})
  add_dependencies(${target} fovea_commit)
endfunction()

# fovea_embed(TARGET DIR FUNCTION): adds a source whose FUNCTION (apps/plain/embedded.h) gives every DIR/*.json, made anew when one changes.
function(fovea_embed target dir function)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${dir}/*.json)
  set(made ${PROJECT_BINARY_DIR}/generated/${function}.cpp)
  set(script ${PROJECT_SOURCE_DIR}/third_party/embed.cmake)
  add_custom_command(OUTPUT ${made} DEPENDS ${files} ${script}
    COMMAND ${CMAKE_COMMAND} -DDIR=${PROJECT_SOURCE_DIR}/${dir} -DFUNCTION=${function} -DOUT=${made} -P ${script})
  target_sources(${target} PRIVATE ${made})
endfunction()
