using System.Buffers.Binary;
using Dure.Kernel;

namespace Dure.Historian.Modbus;

/// <summary>Takes a value out of the bytes of an answer.</summary>
internal static class ModbusValue
{
    private const int WordSize = 2;

    /// <summary>A 64-bit whole number beyond it may not fit a double exactly.</summary>
    private const double LargestExact = 9_007_199_254_740_992;

    /// <summary>The value and how far it may be trusted: NaN or infinity of a device is bad, a number that had to be rounded uncertain.</summary>
    /// <param name="data">The answer's data bytes.</param>
    /// <param name="start">The table's address of the first of them.</param>
    public static (double Value, Quality Quality) Read(ModbusRegister register, ReadOnlySpan<byte> data, int start)
    {
        var place = register.Address - start;
        if (register.IsBits)
            return Scaled(register, data[place >> 3] >> (place & 7) & 1, Quality.Good);
        Span<byte> bytes = stackalloc byte[4 * WordSize];
        bytes = bytes[..(register.Width * WordSize)];
        data.Slice(place * WordSize, bytes.Length).CopyTo(bytes);
        Arrange(bytes, register.Order);
        var raw = Raw(register, bytes);
        var isRounded = register.Type is ModbusType.Int64 or ModbusType.UInt64 && Math.Abs(raw) > LargestExact;
        return Scaled(register, raw, isRounded ? Quality.Uncertain : Quality.Good);
    }

    private static (double, Quality) Scaled(ModbusRegister register, double raw, Quality quality)
    {
        var value = register is { Scale: 1, Offset: 0 } ? raw : raw * register.Scale + register.Offset;
        return double.IsFinite(value) ? (value, quality) : (double.NaN, Quality.Bad);
    }

    /// <summary>Brings the bytes as sent into the order ABCD.</summary>
    private static void Arrange(Span<byte> bytes, WordOrder order)
    {
        if (order is WordOrder.BADC or WordOrder.CDAB)
        {
            for (var i = 0; i < bytes.Length; i += WordSize)
                (bytes[i], bytes[i + 1]) = (bytes[i + 1], bytes[i]);
        }
        // CDAB is DCBA with the bytes of each word swapped, so after the swap above both are mirrored.
        if (order is WordOrder.CDAB or WordOrder.DCBA)
            bytes.Reverse();
    }

    private static double Raw(ModbusRegister register, ReadOnlySpan<byte> bytes) => register.Type switch
    {
        ModbusType.Bool => BinaryPrimitives.ReadUInt16BigEndian(bytes) != 0 ? 1 : 0,
        ModbusType.Bit => BinaryPrimitives.ReadUInt16BigEndian(bytes) >> register.Bit & 1,
        ModbusType.Int16 => BinaryPrimitives.ReadInt16BigEndian(bytes),
        ModbusType.UInt16 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
        ModbusType.Int32 => BinaryPrimitives.ReadInt32BigEndian(bytes),
        ModbusType.UInt32 => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        ModbusType.Int64 => BinaryPrimitives.ReadInt64BigEndian(bytes),
        ModbusType.UInt64 => BinaryPrimitives.ReadUInt64BigEndian(bytes),
        ModbusType.Float32 => BinaryPrimitives.ReadSingleBigEndian(bytes),
        ModbusType.Float64 => BinaryPrimitives.ReadDoubleBigEndian(bytes),
        _ => throw new System.Diagnostics.UnreachableException($"{register.Type} has no bytes."),
    };
}
