"""safetensors read and written from the format's description, so that no library stands between the tests and the bytes."""

import json
import struct

import numpy as np


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, array in tensors.items():
        whole = np.issubdtype(np.asarray(array).dtype, np.integer)
        raw = np.ascontiguousarray(array, dtype=np.int64 if whole else np.float64).tobytes()
        header[name] = {"dtype": "I64" if whole else "F64", "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    raw = path.read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + size])
    kinds = {"F64": np.float64, "F32": np.float32, "I64": np.int64}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(raw[8 + size + begin : 8 + size + end], kinds[entry["dtype"]]).reshape(entry["shape"])
    return tensors
