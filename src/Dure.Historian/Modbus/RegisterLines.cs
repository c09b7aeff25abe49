using System.Globalization;
using Dure.Kernel;

namespace Dure.Historian.Modbus;

/// <summary>
/// Reads a register list, a value per line: <c>name address type [order] [scale] [offset] [unit]</c>. An address is <c>holding:100</c> (also
/// input, coil, discrete; from 0, as on the wire) or a reference number as manuals print it, <c>40101</c> (from 1). <c>#</c> begins a comment.
/// </summary>
public static class RegisterLines
{
    public const int MaxRegisters = 10_000;
    private const int MaxNameLength = 200;
    private const int LastAddress = 65_535;
    private const string Form = "Write: name address type [order] [scale] [offset] [unit], such as 'Pressure holding:100 float32 CDAB 0.1 0 bar'.";

    /// <exception cref="ProblemException">A line cannot be read, or a name stands there twice; it names the line.</exception>
    public static IReadOnlyList<ModbusRegister> Parse(string text)
    {
        var registers = new List<ModbusRegister>();
        var lineOfName = new Dictionary<string, int>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var words = line.Split('#', 2)[0].Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
                continue;
            var register = Line(words, number);
            if (!lineOfName.TryAdd(register.Name, number))
                throw Bad(number, $"The name '{Shown(register.Name)}' stands in line {lineOfName[register.Name]} already.", "Give each value its own name.");
            registers.Add(register);
            if (registers.Count > MaxRegisters)
                throw Bad(number, $"There are more than {MaxRegisters:N0} values.", "Divide them among several sources.");
        }
        return registers.Count > 0 ? registers : throw Bad(1, "The list names no value.", Form);
    }

    private static ModbusRegister Line(string[] words, int line)
    {
        if (words.Length < 3)
            throw Bad(line, $"There are {words.Length} words; at least name, address and type are needed.", Form);
        if (words[0].Length > MaxNameLength)
            throw Bad(line, $"The name has {words[0].Length} characters; {MaxNameLength} are allowed.", Form);
        var (table, address) = Address(words[1], line);
        var type = Type(words[2], line);
        var next = 3;
        var bit = type == ModbusType.Bit ? Bit(words, ref next, line) : 0;
        var order = next < words.Length && Enum.GetNames<WordOrder>().Contains(words[next], StringComparer.OrdinalIgnoreCase)
            ? Enum.Parse<WordOrder>(words[next++], ignoreCase: true)
            : WordOrder.ABCD;
        var scale = Number(words, ref next, 1);
        var offset = Number(words, ref next, 0);
        var unit = next < words.Length ? words[next++] : null;
        if (next < words.Length)
            throw Bad(line, $"'{Shown(words[next])}' is one word too many.", Form);
        var register = new ModbusRegister(line, words[0], table, address, type, bit, order, scale, offset, unit);
        if (register.IsBits && type != ModbusType.Bool)
            throw Bad(line, $"A {table.ToString().ToLowerInvariant()} is one bit; it cannot be read as {words[2]}.", "Write 'bool'.");
        if (register.End - 1 > LastAddress)
            throw Bad(line, $"The value ends at address {register.End - 1}; {LastAddress} is the last.", "Check the address; on the wire it counts from 0.");
        if (!double.IsFinite(scale) || !double.IsFinite(offset) || scale == 0)
            throw Bad(line, "Scale and offset must be finite, and the scale not 0.", Form);
        return register;
    }

    private static (ModbusTable, int) Address(string word, int line)
    {
        var parts = word.Split(':');
        if (parts.Length == 2 && Enum.GetNames<ModbusTable>().Contains(parts[0], StringComparer.OrdinalIgnoreCase)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var address) && address <= LastAddress)
            return (Enum.Parse<ModbusTable>(parts[0], ignoreCase: true), address);
        // Reference numbers have a digit for the table and four or five for the place, from 1.
        if (word.Length is 5 or 6 && int.TryParse(word[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place is >= 1 and <= LastAddress + 1)
        {
            ModbusTable? table = word[0] switch { '0' => ModbusTable.Coil, '1' => ModbusTable.Discrete, '3' => ModbusTable.Input, '4' => ModbusTable.Holding, _ => null };
            if (table is { } known)
                return (known, place - 1);
        }
        throw Bad(line, $"'{Shown(word)}' is not an address.", "Write holding:0 to holding:65535 (or input:, coil:, discrete:), or a reference number such as 40001.");
    }

    private static ModbusType Type(string word, int line) => Enum.GetNames<ModbusType>().Contains(word, StringComparer.OrdinalIgnoreCase)
        ? Enum.Parse<ModbusType>(word, ignoreCase: true)
        : throw Bad(line, $"'{Shown(word)}' is not a type.", $"Use one of: {string.Join(", ", Enum.GetNames<ModbusType>().Select(name => name.ToLowerInvariant()))} (bit with its number, as in 'bit 3').");

    private static int Bit(string[] words, ref int next, int line)
    {
        if (next >= words.Length || !int.TryParse(words[next], NumberStyles.None, CultureInfo.InvariantCulture, out var bit) || bit > 15)
            throw Bad(line, "The type 'bit' needs the number of the bit.", "Write 'bit 0' (least significant) to 'bit 15'.");
        next++;
        return bit;
    }

    private static double Number(string[] words, ref int next, double otherwise)
    {
        if (next >= words.Length || !double.TryParse(words[next], NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return otherwise;
        next++;
        return number;
    }

    private static string Shown(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private static ProblemException Bad(int line, string what, string mend) => new("urn:dure:modbus:bad-register", what, $"registers line {line}", mend);
}
