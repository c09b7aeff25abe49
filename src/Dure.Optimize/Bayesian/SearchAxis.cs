using Dure.Kernel;

namespace Dure.Optimize.Bayesian;

/// <summary>One thing that a search may turn.</summary>
public abstract record SearchAxis
{
    private SearchAxis(string name) => Name = name;

    public string Name { get; }

    /// <summary>A number between two.</summary>
    public static SearchAxis Number(string name, double low, double high, bool isLog = false) => new Line(name, Checked(name, low, high, isLog), high, isLog, false);

    /// <summary>A whole number between two, both among them.</summary>
    public static SearchAxis Whole(string name, int low, int high, bool isLog = false) => new Line(name, Checked(name, low, high, isLog), high, isLog, true);

    /// <summary>One of several things without an order, told by its number.</summary>
    public static SearchAxis Choice(string name, int count) => count is >= 2 and <= 100 ? new Switch(name, count) : throw Bad(name, $"It has {count} choices.", "Give 2 to 100.");

    /// <summary>How many places from 0 to 1 it takes.</summary>
    internal abstract int Width { get; }

    internal abstract void Encode(double value, Span<double> places);

    /// <summary>A value at a chance from 0 to 1.</summary>
    internal abstract double At(double chance);

    /// <summary>A value near another.</summary>
    internal abstract double Near(double value, double step, Random random);

    private static double Checked(string name, double low, double high, bool isLog) => double.IsFinite(low) && double.IsFinite(high) && low < high && (!isLog || low > 0) ? low
        : throw Bad(name, $"Its range is {low} to {high}.", isLog ? "Give two numbers above 0, the lower first." : "Give two numbers, the lower first.");

    private static ProblemException Bad(string name, string what, string mend) => new("urn:dure:optimize:bad-axis", what, $"search axis '{name}'", mend);

    private sealed record Line(string Name, double Low, double High, bool IsLog, bool IsWhole) : SearchAxis(Name)
    {
        internal override int Width => 1;

        internal override void Encode(double value, Span<double> places) => places[0] = IsLog ? Math.Log(value / Low) / Math.Log(High / Low) : (value - Low) / (High - Low);

        internal override double At(double chance)
        {
            // Of whole numbers all have the same share of the line, the first and the last too.
            var (low, high) = IsWhole ? (Low - (IsLog ? 0 : 0.5), High + (IsLog ? 0 : 0.5)) : (Low, High);
            var value = IsLog ? low * Math.Pow(high / low, chance) : low + (high - low) * chance;
            return Math.Clamp(IsWhole ? Math.Round(value) : value, Low, High);
        }

        internal override double Near(double value, double step, Random random)
        {
            Span<double> place = [0];
            Encode(value, place);
            return At(Math.Clamp(place[0] + step * Normal(random), 0, 1));
        }
    }

    private sealed record Switch(string Name, int Count) : SearchAxis(Name)
    {
        // Two choices are as far apart as the ends of a line.
        private static readonly double Height = Math.Sqrt(0.5);

        internal override int Width => Count;

        internal override void Encode(double value, Span<double> places)
        {
            places[..Count].Clear();
            places[(int)value] = Height;
        }

        internal override double At(double chance) => Math.Min(Count - 1, (int)(chance * Count));

        internal override double Near(double value, double step, Random random) => random.NextDouble() < step ? random.Next(Count) : value;
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
