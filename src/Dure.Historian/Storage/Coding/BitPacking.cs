using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Dure.Historian.Storage.Coding;

/// <summary>
/// Unsigned integers of one width, end to end, least significant bit first. Eight values of width w fill w bytes exactly, so a vector of
/// eight always begins at a byte. Widths are 0 to 56, or 64; a wider value than 56 is given 64.
/// </summary>
internal static class BitPacking
{
    /// <summary>The widest value that an eight-byte window holds at every bit offset.</summary>
    public const int WidestPacked = 56;

    private const int Lanes = 8;

    /// <summary>The width that values up to this need.</summary>
    public static int WidthOf(ulong largest)
    {
        var bits = 64 - System.Numerics.BitOperations.LeadingZeroCount(largest);
        return bits > WidestPacked ? 64 : bits;
    }

    public static int BytesFor(int count, int width) => (int)(((long)count * width + 7) / 8);

    public static bool IsWidth(int width) => width is >= 0 and <= WidestPacked or 64;

    public static void Pack(ReadOnlySpan<ulong> values, int width, Span<byte> to)
    {
        if (width == 0)
            return;
        if (width == 64)
        {
            MemoryMarshal.AsBytes(values).CopyTo(to);
            return;
        }
        var mask = (1UL << width) - 1;
        var (held, heldBits, at) = (0UL, 0, 0);
        foreach (var value in values)
        {
            held |= (value & mask) << heldBits;
            heldBits += width;
            if (heldBits < 64)
                continue;
            BinaryPrimitives.WriteUInt64LittleEndian(to[at..], held);
            at += 8;
            heldBits -= 64;
            held = heldBits == 0 ? 0 : (value & mask) >> (width - heldBits);
        }
        for (; heldBits > 0; heldBits -= 8, held >>= 8)
            to[at++] = (byte)held;
    }

    /// <summary>Unpacks as many values as <paramref name="to"/> holds.</summary>
    /// <exception cref="InvalidDataException">The bytes are too few.</exception>
    public static void Unpack(ReadOnlySpan<byte> from, int width, Span<ulong> to)
    {
        if (!IsWidth(width) || from.Length < BytesFor(to.Length, width))
            throw new InvalidDataException("packed values end early");
        if (width == 0)
        {
            to.Clear();
            return;
        }
        if (width == 64)
        {
            MemoryMarshal.Cast<byte, ulong>(from[..(8 * to.Length)]).CopyTo(to);
            return;
        }
        var done = Avx512Vbmi.IsSupported ? UnpackByBytes(from, width, to) : Avx2.IsSupported ? UnpackByGather(from, width, to) : 0;
        UnpackOneByOne(from, width, to, done);
    }

    private static void UnpackOneByOne(ReadOnlySpan<byte> from, int width, Span<ulong> to, int start)
    {
        var mask = (1UL << width) - 1;
        for (var i = start; i < to.Length; i++)
        {
            var bit = (long)i * width;
            to[i] = (Window(from[(int)(bit >> 3)..]) >> (int)(bit & 7)) & mask;
        }
    }

    /// <summary>The next eight bytes; those beyond the end count as 0.</summary>
    private static ulong Window(ReadOnlySpan<byte> from)
    {
        if (from.Length >= 8)
            return BinaryPrimitives.ReadUInt64LittleEndian(from);
        var window = 0UL;
        for (var i = from.Length - 1; i >= 0; i--)
            window = window << 8 | from[i];
        return window;
    }

    /// <summary>Eight at once: a byte permutation moves each value's eight-byte window into its lane, a shift and a mask finish it.</summary>
    private static int UnpackByBytes(ReadOnlySpan<byte> from, int width, Span<ulong> to)
    {
        var windows = Windows(width);
        var shifts = Shifts(width);
        var mask = Vector512.Create((1UL << width) - 1);
        ref var source = ref MemoryMarshal.GetReference(from);
        ref var target = ref MemoryMarshal.GetReference(to);
        var i = 0;
        for (var at = 0; i + Lanes <= to.Length && at + 64 <= from.Length; i += Lanes, at += width)
        {
            var bytes = Vector512.LoadUnsafe(ref source, (nuint)at);
            var moved = Avx512Vbmi.PermuteVar64x8(bytes, windows).AsUInt64();
            (Avx512F.ShiftRightLogicalVariable(moved, shifts) & mask).StoreUnsafe(ref target, (nuint)i);
        }
        return i;
    }

    private static unsafe int UnpackByGather(ReadOnlySpan<byte> from, int width, Span<ulong> to)
    {
        var mask = Vector256.Create((1UL << width) - 1);
        var lowOffsets = Vector128.Create(0, width >> 3, 2 * width >> 3, 3 * width >> 3);
        var highOffsets = Vector128.Create(4 * width >> 3, 5 * width >> 3, 6 * width >> 3, 7 * width >> 3);
        var lowShifts = Vector256.Create(0UL, (ulong)(width & 7), (ulong)(2 * width & 7), (ulong)(3 * width & 7));
        var highShifts = Vector256.Create((ulong)(4 * width & 7), (ulong)(5 * width & 7), (ulong)(6 * width & 7), (ulong)(7 * width & 7));
        ref var target = ref MemoryMarshal.GetReference(to);
        var i = 0;
        fixed (byte* source = from)
        {
            for (var at = 0; i + Lanes <= to.Length && at + 64 <= from.Length; i += Lanes, at += width)
            {
                var low = Avx2.GatherVector256((ulong*)(source + at), lowOffsets, 1);
                var high = Avx2.GatherVector256((ulong*)(source + at), highOffsets, 1);
                (Avx2.ShiftRightLogicalVariable(low, lowShifts) & mask).StoreUnsafe(ref target, (nuint)i);
                (Avx2.ShiftRightLogicalVariable(high, highShifts) & mask).StoreUnsafe(ref target, (nuint)(i + 4));
            }
        }
        return i;
    }

    private static Vector512<byte> Windows(int width)
    {
        Span<byte> places = stackalloc byte[64];
        for (var lane = 0; lane < Lanes; lane++)
        {
            for (var i = 0; i < 8; i++)
                places[8 * lane + i] = (byte)Math.Min(63, (lane * width >> 3) + i);
        }
        return Vector512.Create<byte>(places);
    }

    private static Vector512<ulong> Shifts(int width)
    {
        Span<ulong> shifts = stackalloc ulong[Lanes];
        for (var lane = 0; lane < Lanes; lane++)
            shifts[lane] = (ulong)(lane * width & 7);
        return Vector512.Create<ulong>(shifts);
    }
}
