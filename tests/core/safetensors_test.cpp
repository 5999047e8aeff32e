// Tensors on disk: what is written is read back.
#include "src/core/safetensors.h"

#include <catch2/catch.hpp>

#include "tests/support/scratch.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

const torch::ScalarType kTypes[] = {torch::kFloat64, torch::kFloat32, torch::kFloat16, torch::kBFloat16,
                                    torch::kInt64,   torch::kInt32,   torch::kInt16,   torch::kInt8,
                                    torch::kUInt8,   torch::kBool};

bool same(const Tensor& a, const Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() && torch::equal(a, b);
}

}  // namespace

TEST_CASE("every dtype comes back from disk as it was, whatever its shape") {
  Scratch scratch;
  TensorMap tensors;
  for (const auto type : kTypes) {
    const std::string name = torch::toString(type);
    tensors[name + ".matrix"] = torch::arange(-6, 6).view({3, 4}).to(type);
    tensors[name + ".scalar"] = torch::ones({}, type);
    tensors[name + ".empty"] = torch::zeros({0, 5}, type);
  }
  const Metadata metadata = {{"format", "pt"}, {"ü", "\"quoted\"\n"}};
  write_safetensors(scratch.path("m.safetensors"), tensors, metadata);
  Metadata read;
  const TensorMap back = read_safetensors(scratch.path("m.safetensors"), &read);
  CHECK(read == metadata);
  REQUIRE(back.size() == tensors.size());
  for (const auto& [name, tensor] : tensors) {
    INFO(name);
    CHECK(same(back.at(name), tensor));
  }
}

TEST_CASE("special floating-point values keep their bits") {
  const Tensor x = torch::tensor({std::nanf(""), INFINITY, -INFINITY, -0.0F, 1e-45F});
  const Tensor back = decode_safetensors(encode_safetensors({{"x", x}}), "x").at("x");
  CHECK(torch::equal(back.view(torch::kInt32), x.view(torch::kInt32)));
}

TEST_CASE("a transposed, strided or gradient-carrying tensor is stored by its values") {
  const Tensor base = torch::arange(24).view({4, 6}).to(torch::kFloat32).requires_grad_();
  const TensorMap back =
      decode_safetensors(encode_safetensors({{"t", base.t()}, {"s", base.slice(1, 1, 6, 2)}}), "x");
  CHECK(torch::equal(back.at("t"), base.t()));
  CHECK(torch::equal(back.at("s"), base.slice(1, 1, 6, 2)));
}

TEST_CASE("equal tensors make equal bytes, and data begins at a multiple of eight bytes") {
  for (size_t length = 1; length < 9; ++length) {
    const TensorMap tensors = {{std::string(length, 'n'), torch::ones({2})}};
    CHECK(encode_safetensors(tensors) == encode_safetensors(tensors));
    CHECK((encode_safetensors(tensors).size() - 8) % 8 == 0);
  }
}

TEST_CASE("what the format cannot hold is a broken contract of the writer") {
  CHECK_THROWS_WITH(encode_safetensors({{"x", torch::ones({2}, torch::kComplexFloat)}}),
                    Contains("[encode_safetensors]"));
  CHECK_THROWS_WITH(encode_safetensors({{"__metadata__", torch::ones({2})}}),
                    Contains("[encode_safetensors]"));
}
