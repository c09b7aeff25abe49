using System.Runtime.CompilerServices;

namespace Dure.Learn.Trees;

/// <summary>A set of bins, a bit for each. Of four words, not of two twice as long: code with those is never compiled ahead.</summary>
internal readonly record struct BinSet(ulong First, ulong Second, ulong Third, ulong Fourth)
{
    public bool Contains(int bin) => (Word(bin >> 6) >> (bin & 63) & 1) != 0;

    public BinSet With(int bin)
    {
        var bit = 1UL << (bin & 63);
        return (bin >> 6) switch
        {
            0 => this with { First = First | bit },
            1 => this with { Second = Second | bit },
            2 => this with { Third = Third | bit },
            _ => this with { Fourth = Fourth | bit },
        };
    }

    public BinSet And(BinSet other) => new(First & other.First, Second & other.Second, Third & other.Third, Fourth & other.Fourth);

    private ulong Word(int number) => number switch { 0 => First, 1 => Second, 2 => Third, _ => Fourth };
}

/// <summary>A way to part the rows of a node.</summary>
/// <param name="Feature">The column; -1: there is no way.</param>
/// <param name="Bin">Bins up to this one go to the left; of a category only those of <paramref name="Left"/>.</param>
/// <param name="MissingLeft">Whether rows without a value go to the left.</param>
/// <param name="Gain">How much the loss falls, by the second-order model.</param>
/// <param name="LeftSums">The left side's gradient and hessian.</param>
internal readonly record struct Split(int Feature, int Bin, bool MissingLeft, double Gain, long LeftSums, BinSet Left)
{
    public static Split None { get; } = new(-1, 0, false, 0, 0, default);
}

/// <summary>What is the same for all nodes of a tree when splits are sought.</summary>
/// <param name="GradientUnit">What a gradient of 1 stands for.</param>
/// <param name="HessianUnit">What a hessian of 1 stands for.</param>
internal readonly record struct SplitRules(BoostingOptions Options, double GradientUnit, double HessianUnit)
{
    /// <summary>How much a leaf lowers the loss, twice: the second-order model of Chen and Guestrin (2016), eq. 6, with L1 after soft thresholding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Worth(double gradient, double hessian, double l2)
    {
        var shrunk = Options.L1 == 0 ? gradient : Math.CopySign(Math.Max(Math.Abs(gradient) - Options.L1, 0), gradient);
        return shrunk * shrunk / (hessian + l2);
    }

    /// <summary>The value that lowers the loss most.</summary>
    public double Value(double gradient, double hessian, double l2)
    {
        var shrunk = Options.L1 == 0 ? gradient : Math.CopySign(Math.Max(Math.Abs(gradient) - Options.L1, 0), gradient);
        return hessian + l2 > 0 ? -shrunk / (hessian + l2) : 0;
    }
}
