namespace Dure.Learn.Trees;

/// <summary>
/// What whole numbers stand for in one tree. Bins are summed in rough steps that two to a word leave room for; leaves' values come from sums in fine
/// ones. Both are whole, so the sums of any parts of the rows add up to the same bits.
/// </summary>
/// <param name="Gradient">What a rough gradient of 1 stands for.</param>
/// <param name="Hessian">What a rough hessian of 1 stands for.</param>
/// <param name="FineGradient">How many fine steps a gradient of 1 has, a power of two.</param>
/// <param name="FineHessian">How many fine steps a hessian of 1 has, a power of two.</param>
/// <param name="CountsRows">Each row's hessian is 1.</param>
internal readonly record struct GradientUnits(double Gradient, double Hessian, double FineGradient, double FineHessian, bool CountsRows)
{
    private const int MostSteps = 1 << 22;
    private const int FineBits = 61;

    /// <param name="rows">How many rows there are, at all sites together.</param>
    public static GradientUnits Of((float Gradient, float Hessian) largest, int rows, bool countsRows) => new(
        Math.Max(largest.Gradient, 1e-30) / (Math.Min(int.MaxValue / rows, MostSteps) - 1),
        countsRows ? 1 : Math.Max(largest.Hessian, 1e-30) / (Math.Min(uint.MaxValue / (uint)rows, MostSteps) - 1),
        Fine(largest.Gradient, rows), Fine(largest.Hessian, rows), countsRows);

    public SplitRules Rules(BoostingOptions options) => new(options, Gradient, Hessian);

    /// <summary>As many steps as so many values of this size leave room for in 63 bits.</summary>
    public static double Fine(double largest, int rows) => Math.ScaleB(1, FineBits - (int)Math.Ceiling(Math.Log2(Math.Max(2, rows))) - (Math.ILogB(Math.Max(largest, 1e-30)) + 1));
}
