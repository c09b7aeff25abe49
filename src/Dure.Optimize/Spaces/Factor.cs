using Dure.Kernel;

namespace Dure.Optimize.Spaces;

/// <summary>One thing that a trial may turn. A point has one number for each factor, in the factor's unit; of a category the option's number from 0.</summary>
public abstract class Factor
{
    /// <summary>Levels, options and descriptors that one factor may have.</summary>
    public const int MostLevels = 100_000;

    private Factor(string name) => Name = Checked(name);

    public string Name { get; }

    /// <summary>The least number it may have.</summary>
    public abstract double Low { get; }

    /// <summary>The greatest number it may have.</summary>
    public abstract double High { get; }

    /// <summary>The unit as text; empty for a category.</summary>
    public virtual string UnitText => "";

    /// <summary>Whether it has an order and a measure, so that sums of it mean something.</summary>
    public bool IsNumber => this is not Category;

    /// <param name="unit">UCUM code, such as <c>Cel</c>; <c>1</c> for a plain number.</param>
    /// <param name="isLog">Whether the surrogate sees its logarithm; the bounds are then above 0.</param>
    public static Factor Number(string name, string unit, double low, double high, bool isLog = false) => new Continuous(name, unit, low, high, isLog);

    /// <summary>A whole number, both bounds among them.</summary>
    public static Factor Whole(string name, string unit, long low, long high, bool isLog = false) => new Integer(name, unit, low, high, isLog);

    /// <summary>One of some numbers.</summary>
    public static Factor Levels(string name, string unit, params IReadOnlyList<double> levels) => new Ordinal(name, unit, levels);

    /// <summary>One of several things without an order.</summary>
    public static Factor Choice(string name, params IReadOnlyList<string> options) => new Category(name, options, null);

    /// <summary>One of several things that numbers describe, such as a solvent by its boiling point and its polarity.</summary>
    /// <param name="descriptors">For each option its numbers, all equally many.</param>
    public static Factor Described(string name, IReadOnlyList<string> options, IReadOnlyList<IReadOnlyList<double>> descriptors) => new Category(name, options, descriptors);

    /// <summary>A number between two.</summary>
    public sealed class Continuous : Factor
    {
        internal Continuous(string name, string unit, double low, double high, bool isLog) : base(name) =>
            (Unit, Low, High, IsLog) = (UnitOf(name, unit), Range(name, low, high, isLog), high, isLog);

        public Unit Unit { get; }
        public override double Low { get; }
        public override double High { get; }
        public bool IsLog { get; }
        public override string UnitText => Unit.Code;
    }

    /// <summary>A whole number between two.</summary>
    public sealed class Integer : Factor
    {
        internal Integer(string name, string unit, long low, long high, bool isLog) : base(name)
        {
            if (Math.Max(Math.Abs((double)low), Math.Abs((double)high)) > 1e12)
                throw Bad(name, $"Its range is {low} to {high}.", "Give whole numbers of at most 1e12.");
            (Unit, Low, High, IsLog) = (UnitOf(name, unit), Range(name, low, high, isLog), high, isLog);
        }

        public Unit Unit { get; }
        public override double Low { get; }
        public override double High { get; }
        public bool IsLog { get; }
        public override string UnitText => Unit.Code;
    }

    /// <summary>One of some numbers in ascending order.</summary>
    public sealed class Ordinal : Factor
    {
        internal Ordinal(string name, string unit, IReadOnlyList<double> levels) : base(name)
        {
            if (levels.Count is < 1 or > MostLevels)
                throw Bad(name, $"It has {levels.Count} levels.", $"Give 1 to {MostLevels}.");
            for (var i = 0; i < levels.Count; i++)
                if (!double.IsFinite(levels[i]) || i > 0 && levels[i] <= levels[i - 1])
                    throw Bad(name, $"Its level {i + 1} is {levels[i]}.", "Give numbers that rise.");
            (Unit, LevelValues) = (UnitOf(name, unit), [.. levels]);
        }

        public Unit Unit { get; }
        public IReadOnlyList<double> LevelValues { get; }
        public override double Low => LevelValues[0];
        public override double High => LevelValues[^1];
        public override string UnitText => Unit.Code;
    }

    /// <summary>One of several things, by its number in the list.</summary>
    public sealed class Category : Factor
    {
        internal Category(string name, IReadOnlyList<string> options, IReadOnlyList<IReadOnlyList<double>>? descriptors) : base(name)
        {
            if (options.Count is < 1 or > MostLevels)
                throw Bad(name, $"It has {options.Count} options.", $"Give 1 to {MostLevels}.");
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var option in options)
                if (string.IsNullOrWhiteSpace(option) || !seen.Add(option))
                    throw Bad(name, $"The option '{option}' is empty or given twice.", "Give each option once, by a name of its own.");
            Options = [.. options];
            if (descriptors is null)
                return;
            if (options.Count > 5000)
                throw Bad(name, $"It has {options.Count} described options.", "Give 5000 at most, or leave the descriptors out.");
            if (descriptors.Count != options.Count || descriptors[0].Count == 0)
                throw Bad(name, $"It has {options.Count} options and {descriptors.Count} rows of descriptors.", "Give one row of numbers for each option.");
            for (var i = 0; i < descriptors.Count; i++)
                if (descriptors[i].Count != descriptors[0].Count || !descriptors[i].All(double.IsFinite))
                    throw Bad(name, $"The descriptors of '{options[i]}' are {string.Join(", ", descriptors[i])}.", $"Give {descriptors[0].Count} numbers for each option.");
            Descriptors = [.. descriptors.Select(row => (IReadOnlyList<double>)[.. row])];
        }

        public IReadOnlyList<string> Options { get; }

        /// <summary>For each option its numbers; null where there are none.</summary>
        public IReadOnlyList<IReadOnlyList<double>>? Descriptors { get; }

        public override double Low => 0;
        public override double High => Options.Count - 1;

        /// <summary>An option's number; -1 where there is none of that name.</summary>
        public int NumberOf(string option)
        {
            for (var i = 0; i < Options.Count; i++)
                if (string.Equals(Options[i], option, StringComparison.Ordinal))
                    return i;
            return -1;
        }
    }

    internal bool IsDiscrete => this is not Continuous;

    /// <summary>How many values it may have between two, both among them; infinite for a continuous one.</summary>
    internal double CountBetween(double low, double high) => this switch
    {
        Continuous => high > low ? double.PositiveInfinity : high == low ? 1 : 0,
        Ordinal ordinal => ordinal.LevelValues.Count(level => level >= low && level <= high),
        _ => Math.Max(0, Math.Floor(high) - Math.Ceiling(low) + 1),
    };

    /// <summary>The greatest value it may have that is not above a number; below <see cref="Low"/> where there is none.</summary>
    internal double Floor(double at) => this switch
    {
        Continuous => at,
        Ordinal ordinal => FloorLevel(ordinal.LevelValues, at),
        _ => Math.Floor(at),
    };

    /// <summary>The least value it may have that is not below a number; above <see cref="High"/> where there is none.</summary>
    internal double Ceiling(double at) => this switch
    {
        Continuous => at,
        Ordinal ordinal => CeilingLevel(ordinal.LevelValues, at),
        _ => Math.Ceiling(at),
    };

    /// <summary>Whether a number is among the values it may have, its bounds left aside.</summary>
    internal bool IsLevel(double at) => this is Continuous || Floor(at) == at;

    /// <summary>A number with its unit.</summary>
    internal string Shown(double at) => this is Category category
        ? at >= 0 && at < category.Options.Count && at == Math.Floor(at) ? $"'{category.Options[(int)at]}'" : $"option {at:G9}"
        : UnitText is "1" ? $"{at:G9}" : $"{at:G9} {UnitText}";

    private static double FloorLevel(IReadOnlyList<double> levels, double at)
    {
        var (from, to) = (0, levels.Count);
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (levels[middle] <= at)
                from = middle + 1;
            else
                to = middle;
        }
        return from == 0 ? double.NegativeInfinity : levels[from - 1];
    }

    private static double CeilingLevel(IReadOnlyList<double> levels, double at)
    {
        var (from, to) = (0, levels.Count);
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (levels[middle] < at)
                from = middle + 1;
            else
                to = middle;
        }
        return from == levels.Count ? double.PositiveInfinity : levels[from];
    }

    private static string Checked(string name) => !string.IsNullOrWhiteSpace(name) && name.Length <= 200 ? name
        : throw Bad(name, "A factor has no name, or one of more than 200 characters.", "Give each factor a short name.");

    private static Unit UnitOf(string name, string unit) => Unit.TryParse(unit, out var parsed, out var why) ? parsed
        : throw Bad(name, why, Unit.MeantBy(unit ?? "") is { } meant ? $"Write '{meant}'." : "Give a UCUM code, such as Cel or g; 1 for a plain number.");

    private static double Range(string name, double low, double high, bool isLog) =>
        double.IsFinite(low) && double.IsFinite(high) && low <= high && double.IsFinite(high - low) && (!isLog || low > 0) ? low
        : throw Bad(name, $"Its range is {low} to {high}.", isLog ? "Give two numbers above 0, the lower first." : "Give two numbers, the lower first.");

    private static ProblemException Bad(string? name, string what, string mend) => new("urn:dure:optimize:bad-factor", what, $"factor '{name}'", mend);
}
