# The targets around what packages.cmake finds. Nothing is vendored.
# The wheel in .venv that scripts/setup.sh installs, where nothing else is named.
file(GLOB FOVEA_TORCH_DIRS ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch/share/cmake/Torch)
include(packages)

add_library(fovea_json INTERFACE)
target_link_libraries(fovea_json INTERFACE nlohmann_json::nlohmann_json)
add_library(fovea_cli INTERFACE)
target_link_libraries(fovea_cli INTERFACE CLI11::CLI11)

# sentencepiece: static and hidden, as scripts/setup.sh builds it. Its shared library and LibTorch's define flags of one name; with both
# linked an exception of LibTorch's becomes an abort.
set(SENTENCEPIECE_DIR ${PROJECT_SOURCE_DIR}/.venv/sentencepiece CACHE PATH "include and lib of a static sentencepiece")
find_path(sentencepiece_include sentencepiece_processor.h PATHS ${SENTENCEPIECE_DIR}/include NO_DEFAULT_PATH REQUIRED)
find_library(sentencepiece_library libsentencepiece.a PATHS ${SENTENCEPIECE_DIR}/lib NO_DEFAULT_PATH REQUIRED)
find_library(sentencepiece_trainer libsentencepiece_train.a PATHS ${SENTENCEPIECE_DIR}/lib NO_DEFAULT_PATH REQUIRED)
add_library(fovea_sentencepiece INTERFACE)
target_include_directories(fovea_sentencepiece SYSTEM INTERFACE $<BUILD_INTERFACE:${sentencepiece_include}>)
target_link_libraries(fovea_sentencepiece INTERFACE $<BUILD_INTERFACE:${sentencepiece_trainer}> $<BUILD_INTERFACE:${sentencepiece_library}>)
target_link_options(fovea_sentencepiece INTERFACE LINKER:--exclude-libs,ALL)

find_program(ccache_program ccache)
if(ccache_program)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${ccache_program})
endif()
find_program(mold_program mold)
if(mold_program)
  add_link_options(-fuse-ld=mold)
endif()
