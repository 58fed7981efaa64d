#!/usr/bin/env python3
"""Reference values for models/src/voices: the GE2E speaker encoder in numpy, from the weights in the model store.

    scripts/voices-reference.py FILE             values for the test, of the signal that the test makes too
    scripts/voices-reference.py FILE --offsets   where each tensor lies in FILE

FILE is `resemblyzer-0.1.4-pretrained.pt`. Needs numpy and no torch: the file is of PyTorch's format from before it was a zip
archive, three pickles and then each storage as its length and its numbers.
"""

import pickle
import struct
import sys
from collections import OrderedDict

import numpy as np


class Opaque:
    """Whatever class the pickle names, without running any of its code."""

    def __init__(self, *_):
        pass


class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if name == "_rebuild_tensor_v2":
            return lambda storage, offset, size, *_: (storage, offset, size)
        return Opaque

    def persistent_load(self, pid):
        return pid[2]


def tensors(path):
    """Name -> (byte offset of its storage's length, first number in it, shape), and the file's bytes."""
    with open(path, "rb") as file:
        for _ in range(3):
            Reader(file).load()
        state = Reader(file).load()["model_state"]
        keys = Reader(file).load()
        at = file.tell()
        file.seek(0)
        data = file.read()
    storages = {}
    for key in keys:
        storages[key] = at
        at += 8 + 4 * struct.unpack_from("<q", data, at)[0]
    assert at == len(data), "not the format that is expected"
    return {name: (storages[key], first, size) for name, (key, first, size) in state.items()}, data


def weights(path):
    places, data = tensors(path)
    return {
        name: np.frombuffer(data, "<f4", int(np.prod(size)), at + 8 + 4 * first).reshape(size).astype(np.float64)
        for name, (at, first, size) in places.items()
    }


def signal(samples):
    """A buzz whose pitch rises, in noise: whole numbers only, so that Rust makes the same."""
    phase, noise, out = 0, 1, []
    for n in range(samples):
        phase = (phase + 500 + n // 64) % 65_536
        noise = (noise * 1_664_525 + 1_013_904_223) % 4_294_967_296
        out.append((phase - 32_768) // 8 + (noise // 65_536 - 32_768) // 32)
    return np.array(out, dtype=np.float64) / 32_768


def mel_filters():
    step = np.log(6.4) / 27
    to_mel = lambda hz: hz * 3 / 200 if hz < 1000 else 15 + np.log(hz / 1000) / step
    to_hz = lambda mel: mel * 200 / 3 if mel < 15 else 1000 * np.exp(step * (mel - 15))
    edges = np.array([to_hz(mel) for mel in np.linspace(0, to_mel(8000), 42)])
    hz = np.arange(201) * 40.0
    rows = []
    for low, middle, high in zip(edges, edges[1:], edges[2:]):
        triangle = np.minimum((hz - low) / (middle - low), (high - hz) / (high - middle))
        rows.append(np.maximum(0, triangle) * 2 / (high - low))
    return np.array(rows)


def mel(samples):
    samples = samples * 10 ** (-25 / 20) / np.sqrt(np.mean(samples**2))
    count = len(samples) // 160
    padded = np.concatenate([np.zeros(200), samples, np.zeros(400)])
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    frames = np.stack([padded[frame * 160 :][:400] for frame in range(count)]) * hann
    return np.abs(np.fft.rfft(frames)) ** 2 @ mel_filters().T


def encode(mels, w):
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    sequence = mels
    for layer in range(3):
        of = lambda kind: w[f"lstm.{kind}_l{layer}"]
        state, memory, states = np.zeros(256), np.zeros(256), []
        for frame in sequence:
            sums = of("weight_ih") @ frame + of("bias_ih") + of("weight_hh") @ state + of("bias_hh")
            entering, kept, new, leaving = np.split(sums, 4)
            memory = sigmoid(kept) * memory + sigmoid(entering) * np.tanh(new)
            state = sigmoid(leaving) * np.tanh(memory)
            states.append(state)
        sequence = states
    return np.maximum(0, w["linear.weight"] @ sequence[-1] + w["linear.bias"])


if __name__ == "__main__":
    if "--offsets" in sys.argv:
        for name, place in tensors(sys.argv[1])[0].items():
            print(name, *place)
        sys.exit()
    w = weights(sys.argv[1])
    for samples in (25_600, 16_000):
        mels = mel(signal(samples))
        made = encode(mels, w)
        print(samples, "mel", [round(float(mels[50, band]), 5) for band in (0, 10, 20, 39)])
        print("length", round(float(np.linalg.norm(made)), 5), [round(float(value), 5) for value in made[::16]])
