using System.Buffers.Binary;

namespace Dure.Historian.Modbus;

/// <summary>What a device answered.</summary>
internal abstract record ModbusAnswer
{
    private ModbusAnswer()
    {
    }

    /// <summary>The bytes that were asked for, as many as were asked for.</summary>
    public sealed record Data(byte[] Bytes) : ModbusAnswer;

    /// <summary>The device understood, and says no.</summary>
    public sealed record Refused(byte Code) : ModbusAnswer
    {
        /// <summary>The code in words. Modbus application protocol 1.1b3, section 7.</summary>
        public string InWords => Code switch
        {
            1 => "exception 1, illegal function: the device does not serve this table",
            2 => "exception 2, illegal address: the device has no such register",
            3 => "exception 3, illegal value: the device does not accept this length or place",
            4 => "exception 4, device failure",
            5 => "exception 5, acknowledged: the device needs more time",
            6 => "exception 6, device busy",
            8 => "exception 8, memory parity error",
            10 => "exception 10, gateway path unavailable",
            11 => "exception 11, the device behind the gateway does not answer",
            _ => $"exception {Code}",
        };

        /// <summary>Whether a request for less might be answered.</summary>
        public bool IsAboutPlace => Code is 2 or 3;
    }

    /// <summary>Not an answer to this request: the bytes cannot be trusted, nor those that follow.</summary>
    public sealed record Broken(string What) : ModbusAnswer;
}

/// <summary>
/// The bytes of Modbus TCP. A frame is transaction (2), protocol 0 (2), length of the rest (2), unit (1), function (1) and data; numbers are
/// big-endian.
/// </summary>
internal static class ModbusFrame
{
    /// <summary>Transaction, protocol and length: what must be read to know how much follows.</summary>
    public const int PrefixSize = 6;
    public const int MaxSize = 260;
    public const int RequestSize = 12;
    private const int LeastLength = 3; // unit, function and one byte
    private const int FunctionPlace = 7;
    private const int ExceptionFlag = 0x80;

    public static void WriteRead(Span<byte> frame, ushort transaction, byte unit, ModbusRead read)
    {
        BinaryPrimitives.WriteUInt16BigEndian(frame, transaction);
        BinaryPrimitives.WriteUInt16BigEndian(frame[2..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(frame[4..], RequestSize - PrefixSize);
        frame[6] = unit;
        frame[FunctionPlace] = (byte)read.Table;
        BinaryPrimitives.WriteUInt16BigEndian(frame[8..], (ushort)read.Start);
        BinaryPrimitives.WriteUInt16BigEndian(frame[10..], (ushort)read.Count);
    }

    /// <summary>How many bytes follow the prefix; or why they cannot be trusted.</summary>
    public static bool TryLength(ReadOnlySpan<byte> prefix, ushort transaction, out int length, out string fault)
    {
        length = BinaryPrimitives.ReadUInt16BigEndian(prefix[4..]);
        var (answered, protocol) = (BinaryPrimitives.ReadUInt16BigEndian(prefix), BinaryPrimitives.ReadUInt16BigEndian(prefix[2..]));
        fault = protocol != 0 ? $"The answer is of protocol {protocol}, not Modbus (0)."
            : answered != transaction ? $"The answer is to request {answered}, not to request {transaction}."
            : length is < LeastLength or > MaxSize - PrefixSize ? $"The answer says it has {length} bytes; {LeastLength} to {MaxSize - PrefixSize} are possible."
            : "";
        return fault.Length == 0;
    }

    /// <summary>Judges a whole frame against the request it should answer. Any bytes give an answer, never an exception.</summary>
    public static ModbusAnswer Parse(ReadOnlySpan<byte> frame, ushort transaction, byte unit, ModbusRead read)
    {
        if (frame.Length < PrefixSize + LeastLength)
            return new ModbusAnswer.Broken($"The answer has only {frame.Length} bytes.");
        if (!TryLength(frame, transaction, out var length, out var fault))
            return new ModbusAnswer.Broken(fault);
        if (length != frame.Length - PrefixSize)
            return new ModbusAnswer.Broken($"The answer says {length} bytes follow; {frame.Length - PrefixSize} do.");
        if (frame[6] != unit)
            return new ModbusAnswer.Broken($"Unit {frame[6]} answers, not unit {unit}.");
        var function = frame[FunctionPlace];
        var data = frame[(FunctionPlace + 1)..];
        if (function == ((int)read.Table | ExceptionFlag))
            return data.Length == 1 ? new ModbusAnswer.Refused(data[0]) : new ModbusAnswer.Broken($"An exception has one byte, not {data.Length}.");
        if (function != (int)read.Table)
            return new ModbusAnswer.Broken($"The answer is to function {function}, not {(int)read.Table}.");
        return data[0] == read.DataBytes && data.Length - 1 == read.DataBytes
            ? new ModbusAnswer.Data(data[1..].ToArray())
            : new ModbusAnswer.Broken($"The answer holds {data.Length - 1} data bytes and says {data[0]}; {read.DataBytes} were asked for.");
    }
}
