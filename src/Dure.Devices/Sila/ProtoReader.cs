using System.Buffers.Binary;
using System.Text;
using Dure.Kernel;

namespace Dure.Devices.Sila;

/// <summary>
/// Reads the wire form of Protocol Buffers over bytes in memory: <c>while (reader.Next())</c> look at <see cref="Field"/> and read it or leave it; what is left
/// is skipped. Nothing is allocated but what the bytes hold. Malformed bytes end in a <see cref="ProblemException"/> and nothing else.
/// </summary>
public ref struct ProtoReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int at;
    private int wire;
    private bool isOpen; // the value of the current field has not been read yet

    /// <summary>The number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Goes to the next field; false at the end.</summary>
    public bool Next()
    {
        if (isOpen)
            Skip();
        if (at == bytes.Length)
            return false;
        var tag = ReadVarint();
        var field = tag >> 3;
        if (field is 0 or > 536_870_911)
            throw Malformed($"the field number {field} does not exist");
        (Field, wire, isOpen) = ((int)field, (int)(tag & 7), true);
        return true;
    }

    public long Integer()
    {
        Expect(ProtoWriter.Varint);
        return (long)ReadVarint();
    }

    public bool Flag() => Integer() != 0;

    public double Real()
    {
        Expect(ProtoWriter.Fixed64);
        return BinaryPrimitives.ReadDoubleLittleEndian(Take(8));
    }

    public string Text()
    {
        try
        {
            return Utf8.GetString(Message());
        }
        catch (DecoderFallbackException failure)
        {
            throw Malformed("a text is not UTF-8", failure);
        }
    }

    /// <summary>Bytes, or a message to read with another reader.</summary>
    public ReadOnlySpan<byte> Message()
    {
        Expect(ProtoWriter.Delimited);
        return TakeDelimited();
    }

    private void Expect(int expected)
    {
        if (!isOpen)
            throw new InvalidOperationException("Call Next first, and read a field once.");
        if (wire != expected)
            throw Malformed($"field {Field} has wire type {wire}, expected is {expected}");
        isOpen = false;
    }

    private void Skip()
    {
        isOpen = false;
        switch (wire)
        {
            case ProtoWriter.Varint: ReadVarint(); break;
            case ProtoWriter.Fixed64: Take(8); break;
            case ProtoWriter.Delimited: TakeDelimited(); break;
            case ProtoWriter.Fixed32: Take(4); break;
            default: throw Malformed($"the wire type {wire} is not in use"); // groups left the format with proto3
        }
    }

    private ReadOnlySpan<byte> TakeDelimited()
    {
        var length = ReadVarint();
        return length <= (ulong)(bytes.Length - at) ? Take((int)length) : throw Malformed($"a length of {length} reaches beyond the end");
    }

    private ulong ReadVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Take(1)[0];
            if (shift == 63 && next > 1)
                break;
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
        throw Malformed("a number is longer than 64 bits");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > bytes.Length - at)
            throw Malformed("it ends in the middle of a field");
        at += count;
        return bytes.Slice(at - count, count);
    }

    private readonly ProblemException Malformed(string what, Exception? cause = null) => new("urn:dure:devices:protobuf", $"The message is not Protocol Buffers: {what}.", $"byte {at}",
        "Check that both sides use the same version of the feature.", cause);
}
