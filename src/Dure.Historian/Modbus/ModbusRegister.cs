namespace Dure.Historian.Modbus;

/// <summary>The four tables of a Modbus device, by the function code that reads them.</summary>
public enum ModbusTable
{
    Coil = 1,
    Discrete = 2,
    Holding = 3,
    Input = 4,
}

/// <summary>What the bits of one value mean.</summary>
public enum ModbusType
{
    /// <summary>A coil or discrete input; of a register: whether it is not 0.</summary>
    Bool,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Float32,
    Float64,

    /// <summary>One bit of a 16-bit register, counted from the least significant.</summary>
    Bit,
}

/// <summary>
/// The order in which a device sends the bytes of a value, named by that of a 32-bit one: A is the most significant byte. With 64 bits the
/// same is done to four words; with 16 bits only the swap of bytes matters.
/// </summary>
public enum WordOrder
{
    /// <summary>Most significant word and byte first, as the standard sends a register.</summary>
    ABCD,

    /// <summary>Least significant word first.</summary>
    CDAB,

    /// <summary>Most significant word first, the bytes of each word swapped.</summary>
    BADC,

    /// <summary>Least significant byte first.</summary>
    DCBA,
}

/// <summary>One value to read: a line of the register list.</summary>
/// <param name="Line">Its line in the list, from 1: named in every complaint.</param>
/// <param name="Address">As it goes over the wire: from 0.</param>
/// <param name="Bit">Which bit, for <see cref="ModbusType.Bit"/>.</param>
/// <param name="Scale">The value is raw × scale + offset.</param>
public sealed record ModbusRegister(
    int Line, string Name, ModbusTable Table, int Address, ModbusType Type, int Bit = 0, WordOrder Order = WordOrder.ABCD,
    double Scale = 1, double Offset = 0, string? Unit = null)
{
    /// <summary>Whether its table holds bits, not registers.</summary>
    public bool IsBits => Table is ModbusTable.Coil or ModbusTable.Discrete;

    /// <summary>How many places of its table it takes.</summary>
    public int Width => Type switch
    {
        ModbusType.Int32 or ModbusType.UInt32 or ModbusType.Float32 => 2,
        ModbusType.Int64 or ModbusType.UInt64 or ModbusType.Float64 => 4,
        _ => 1,
    };

    /// <summary>The first place behind it.</summary>
    public int End => Address + Width;

    public string Where => $"registers line {Line} ('{Name}', {Table.ToString().ToLowerInvariant()}:{Address})";
}
