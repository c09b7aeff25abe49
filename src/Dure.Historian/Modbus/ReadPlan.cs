namespace Dure.Historian.Modbus;

/// <summary>One request: a stretch of a table, and the values in it.</summary>
internal sealed record ModbusRead(ModbusTable Table, int Start, int Count, IReadOnlyList<ModbusRegister> Registers)
{
    public bool IsBits => Table is ModbusTable.Coil or ModbusTable.Discrete;

    /// <summary>How many data bytes a whole answer has.</summary>
    public int DataBytes => IsBits ? (Count + 7) / 8 : Count * 2;

    /// <summary>The same values, each in a request of its own.</summary>
    public IEnumerable<ModbusRead> Single() => Registers.Select(register => new ModbusRead(Table, register.Address, register.Width, [register]));
}

/// <summary>Joins values that lie near each other into as few requests as the protocol allows.</summary>
internal static class ReadPlan
{
    /// <summary>Modbus application protocol 1.1b3, 6.1 and 6.3: what one request may read.</summary>
    public const int MaxBits = 2000;
    public const int MaxRegisters = 125;
    private const int BitsPerRegister = 16;

    /// <param name="gap">How many registers that nobody asked for may be read along, rather than begin a new request.</param>
    public static IReadOnlyList<ModbusRead> Of(IReadOnlyList<ModbusRegister> registers, int gap)
    {
        var reads = new List<ModbusRead>();
        foreach (var table in registers.GroupBy(register => register.Table).OrderBy(table => table.Key))
        {
            var isBits = table.First().IsBits;
            var (most, mayGap) = isBits ? (MaxBits, gap * BitsPerRegister) : (MaxRegisters, gap);
            var together = new List<ModbusRegister>();
            var end = 0;
            foreach (var register in table.OrderBy(register => register.Address).ThenBy(register => register.Line))
            {
                if (together.Count > 0 && (register.Address - end > mayGap || Math.Max(end, register.End) - together[0].Address > most))
                {
                    reads.Add(Read(table.Key, together, end));
                    together = [];
                    end = 0;
                }
                together.Add(register);
                end = Math.Max(end, register.End);
            }
            reads.Add(Read(table.Key, together, end));
        }
        return reads;
    }

    private static ModbusRead Read(ModbusTable table, List<ModbusRegister> together, int end) => new(table, together[0].Address, end - together[0].Address, together);
}
