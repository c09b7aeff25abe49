using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Dure.Learn.Federation;

/// <summary>Numbers from 0 up to 2^64 that nobody can foretell without the key: AES in counter mode (NIST SP 800-38A).</summary>
internal static class MaskStream
{
    public const int KeyBytes = 32;
    private const int BlockBytes = 16;
    private const int BytesAtOnce = 1 << 16;

    /// <summary>Adds the key's numbers to values, or takes them away; both modulo 2^64. A key is used once.</summary>
    public static void Add(ReadOnlySpan<byte> key, Span<ulong> values, bool isTaken)
    {
        using var aes = Aes.Create();
        aes.Key = key.ToArray();
        var counters = new byte[BytesAtOnce];
        var mask = new byte[BytesAtOnce];
        for (var at = 0; at < values.Length; at += BytesAtOnce / sizeof(ulong))
        {
            for (var block = 0; block < BytesAtOnce / BlockBytes; block++)
                BinaryPrimitives.WriteUInt64LittleEndian(counters.AsSpan(block * BlockBytes), (ulong)(at * sizeof(ulong) / BlockBytes + block));
            aes.EncryptEcb(counters, mask, PaddingMode.None);
            var some = values.Slice(at, Math.Min(values.Length - at, BytesAtOnce / sizeof(ulong)));
            var numbers = MemoryMarshal.Cast<byte, ulong>(mask);
            for (var i = 0; i < some.Length; i++)
                some[i] = isTaken ? some[i] - numbers[i] : some[i] + numbers[i];
        }
    }
}
