using System.Buffers.Binary;
using System.Text;
using Dure.Kernel;

namespace Dure.Plants;

/// <summary>The bytes of a plant's state: a mark, the plant's name, the seed, the numbers, a checksum; little-endian.</summary>
internal static class PlantSnapshot
{
    private static ReadOnlySpan<byte> Mark => "DUREPLANT1"u8;

    public static byte[] Write(string plant, int seed, ReadOnlySpan<double> state)
    {
        var name = Encoding.UTF8.GetBytes(plant);
        var bytes = new byte[Mark.Length + 12 + name.Length + 8 * state.Length + 4];
        Mark.CopyTo(bytes);
        var at = bytes.AsSpan(Mark.Length);
        BinaryPrimitives.WriteInt32LittleEndian(at, seed);
        BinaryPrimitives.WriteInt32LittleEndian(at[4..], name.Length);
        BinaryPrimitives.WriteInt32LittleEndian(at[8..], state.Length);
        name.CopyTo(at[12..]);
        at = at[(12 + name.Length)..];
        for (var i = 0; i < state.Length; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(at[(8 * i)..], state[i]);
        BinaryPrimitives.WriteUInt32LittleEndian(at[(8 * state.Length)..], Crc32C.Of(bytes.AsSpan(0, bytes.Length - 4)));
        return bytes;
    }

    /// <summary>Fills the state and returns the seed, or refuses and changes nothing.</summary>
    public static int Read(ReadOnlySpan<byte> bytes, string plant, Span<double> state)
    {
        if (bytes.Length < Mark.Length + 16 || !bytes.StartsWith(Mark) || Crc32C.Of(bytes[..^4]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]))
            throw Refused("These bytes are not a whole snapshot of a plant.");
        var at = bytes[Mark.Length..];
        var (seed, nameLength, length) =
            (BinaryPrimitives.ReadInt32LittleEndian(at), BinaryPrimitives.ReadInt32LittleEndian(at[4..]), BinaryPrimitives.ReadInt32LittleEndian(at[8..]));
        var name = (long)nameLength + 8L * length + 16 == at.Length && nameLength >= 0 ? Encoding.UTF8.GetString(at.Slice(12, nameLength)) : "";
        if (name != plant || length != state.Length)
            throw Refused($"This is a snapshot of '{name}' with {length} numbers; '{plant}' has {state.Length}.");
        at = at[(12 + nameLength)..];
        for (var i = 0; i < length; i++)
            state[i] = BinaryPrimitives.ReadDoubleLittleEndian(at[(8 * i)..]);
        return seed;

        ProblemException Refused(string what) => new("urn:dure:plants:bad-snapshot", what, plant, "Restore bytes that this version of this plant has saved.");
    }
}
