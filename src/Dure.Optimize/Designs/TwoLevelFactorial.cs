using System.Numerics;

namespace Dure.Optimize.Designs;

/// <summary>
/// Full and fractional factorials with two levels, their defining relation, resolution, aliases and blocks. Effects are words of the letters A, B, … H, J, …
/// (no I), one for each factor in order. Box, Hunter and Hunter (2005), ch. 5 and 6.
/// </summary>
public sealed class TwoLevelFactorial
{
    private const string Where = "two-level factorial";
    private const string Letters = "ABCDEFGHJKLMNOPQRSTUVWXYZabcdef";
    private const int MostFactors = 31;
    private const int MostGenerators = 20;
    private const int MostBase = 16;

    private readonly uint[] generators; // of each factor beyond the base: the base factors it is the product of
    private readonly uint[] blockWords;

    private TwoLevelFactorial(IReadOnlyList<Factor> factors, int baseFactors, uint[] generators, uint[] blockWords)
    {
        (Factors, BaseFactors, this.generators, this.blockWords) = (factors, baseFactors, generators, blockWords);
        var words = generators.Select((g, i) => g | 1u << (baseFactors + i)).ToArray();
        DefiningWords = [.. Products(words).OrderBy(BitOperations.PopCount).ThenBy(w => w)];
        Resolution = DefiningWords.Count == 0 ? null : BitOperations.PopCount(DefiningWords[0]);
        Table = MakeTable();
    }

    public IReadOnlyList<Factor> Factors { get; }

    /// <summary>The factors whose combinations are all made; the others are products of them.</summary>
    public int BaseFactors { get; }

    /// <summary>The length of the shortest word of the defining relation: III, IV, V as a number; null for a full factorial.</summary>
    public int? Resolution { get; }

    /// <summary>The defining relation, such as ABD, ACE and BCDE, shortest first.</summary>
    public IReadOnlyList<string> DefiningRelation => [.. DefiningWords.Select(Show)];

    /// <summary>The generators, such as D=AB.</summary>
    public IReadOnlyList<string> Generators => [.. generators.Select((g, i) => $"{Letters[BaseFactors + i]}={Show(g)}")];

    /// <summary>The runs, in Yates' order.</summary>
    public DesignTable Table { get; }

    private IReadOnlyList<uint> DefiningWords { get; }

    /// <summary>All combinations of the levels.</summary>
    public static TwoLevelFactorial Full(IReadOnlyList<Factor> factors)
    {
        DesignProblem.CheckTwoLevel(factors, Where, 1, MostBase);
        return new(factors, factors.Count, [], []);
    }

    /// <summary>A fraction with generators of one's own, such as "D=AB" and "E=AC"; all signs positive (the principal fraction).</summary>
    public static TwoLevelFactorial Fraction(IReadOnlyList<Factor> factors, params IReadOnlyList<string> generators)
    {
        DesignProblem.CheckTwoLevel(factors, Where, 2, MostFactors);
        var baseFactors = factors.Count - generators.Count;
        CheckBase(factors.Count, baseFactors);
        var words = new uint[generators.Count];
        foreach (var generator in generators)
        {
            var parts = generator.Split('=');
            var target = parts.Length == 2 && parts[0].Trim() is { Length: 1 } letter ? Letters.IndexOf(letter, StringComparison.Ordinal) : -1;
            if (target < baseFactors || target >= factors.Count || words[target - baseFactors] != 0)
                throw DesignProblem.Of("generator", $"The generator {generator} does not give one of the last {generators.Count} factors, each once.", Where, $"Write such as {Letters[baseFactors]}=AB.");
            var word = Parse(parts[1], factors.Count);
            if (BitOperations.PopCount(word) < 2 || word >> baseFactors != 0)
                throw DesignProblem.Of("generator", $"The generator {generator} is no product of two or more of the first {baseFactors} factors.", Where, $"Write such as {Letters[baseFactors]}=AB.");
            words[target - baseFactors] = word;
        }
        return new(factors, baseFactors, words, []);
    }

    /// <summary>A fraction in some runs (a power of two), by generators known to give the highest resolution and few short words. NIST/SEMATECH (2012),
    /// table 5.3.3.4.7; beyond it resolution IV as far as it goes, then III.</summary>
    public static TwoLevelFactorial Fraction(IReadOnlyList<Factor> factors, int runs)
    {
        DesignProblem.CheckTwoLevel(factors, Where, 2, MostFactors);
        if (runs < 4 || !BitOperations.IsPow2(runs))
            throw DesignProblem.Of("size", $"{runs} runs are asked for.", Where, "Ask for a power of two: 4, 8, 16, …");
        var baseFactors = Math.Min(BitOperations.Log2((uint)runs), factors.Count);
        CheckBase(factors.Count, baseFactors);
        if (factors.Count == baseFactors)
            return Full(factors);
        if (FractionalGenerators.Known(factors.Count, runs) is { } known)
            return Fraction(factors, known);
        if (factors.Count >= runs)
            throw DesignProblem.Of("size", $"{factors.Count} factors do not fit into {runs} runs.", Where, $"Ask for {BitOperations.RoundUpToPowerOf2((uint)factors.Count + 1)} runs or more.");
        // Words of odd length only: every word of the relation is then even, so that none has three letters.
        var isEven = factors.Count <= runs / 2;
        var words = Enumerable.Range(1, runs - 1).Select(w => (uint)w).Where(w => BitOperations.PopCount(w) is var n && (isEven ? n % 2 == 1 && n > 1 : n > 1));
        return new(factors, baseFactors, [.. words.OrderByDescending(BitOperations.PopCount).Take(factors.Count - baseFactors)], []);
    }

    /// <summary>The same runs in 2, 4, 8, … blocks: each word given is confounded with a difference of blocks, and so are their products.</summary>
    public TwoLevelFactorial InBlocks(params IReadOnlyList<string> words)
    {
        uint[] masks = [.. words.Select(w => Parse(w, Factors.Count))];
        foreach (var confounded in Products(masks))
            if (BitOperations.PopCount(Shortest(confounded)) < 2)
                throw DesignProblem.Of("blocks", $"The blocks {string.Join(", ", words)} would hide {(Shortest(confounded) == 0 ? "nothing: one is a product of others" : "the effect of factor " + Show(Shortest(confounded)))}.", Where, "Confound independent products of several factors.");
        return new(Factors, BaseFactors, generators, masks);
    }

    /// <summary>What cannot be told apart from an effect, such as of "A" BD and CE; words of at most some letters, shortest first.</summary>
    public IReadOnlyList<string> AliasesOf(string effect, int mostLetters = int.MaxValue)
    {
        var word = Parse(effect, Factors.Count);
        return [.. DefiningWords.Select(w => w ^ word).Where(w => BitOperations.PopCount(w) is var n && n > 0 && n <= mostLetters).OrderBy(BitOperations.PopCount).ThenBy(Reversed).Select(Show)];
    }

    /// <summary>The words that differ between blocks.</summary>
    public IReadOnlyList<string> ConfoundedWithBlocks => [.. Products(blockWords).Select(Shortest).Select(Show)];

    private static void CheckBase(int factors, int baseFactors)
    {
        if (baseFactors is < 2 or > MostBase || factors - baseFactors > MostGenerators)
            throw DesignProblem.Of("size", $"Of {factors} factors {baseFactors} would be the base.", Where, $"Keep 2 to {MostBase} base factors and at most {MostGenerators} generators.");
    }

    private DesignTable MakeTable()
    {
        var rows = new double[1 << BaseFactors][];
        var blocks = new int[rows.Length];
        for (var run = 0u; run < rows.Length; run++)
        {
            var signs = new double[Factors.Count];
            for (var f = 0; f < signs.Length; f++)
                signs[f] = f < BaseFactors ? ((run >> f & 1) == 1 ? 1 : -1) : Sign(run, generators[f - BaseFactors]);
            rows[run] = TwoLevels.Coded(Factors, signs);
            for (var b = 0; b < blockWords.Length; b++)
                blocks[run] |= (Sign(run, InBase(blockWords[b])) > 0 ? 1 : 0) << b;
        }
        return new(Factors, rows, blocks);
    }

    /// <summary>The product of the signs of some base factors in a run: -1 for each that is low.</summary>
    private static double Sign(uint run, uint word) => BitOperations.PopCount(word & ~run) % 2 == 0 ? 1 : -1;

    /// <summary>A word said in base factors only.</summary>
    private uint InBase(uint word)
    {
        for (var g = 0; g < generators.Length; g++)
            if ((word >> (BaseFactors + g) & 1) == 1)
                word ^= generators[g] | 1u << (BaseFactors + g);
        return word;
    }

    private uint Shortest(uint word) => DefiningWords.Select(w => w ^ word).Append(word).MinBy(BitOperations.PopCount);

    private static IEnumerable<uint> Products(uint[] words)
    {
        for (var chosen = 1; chosen < 1 << words.Length; chosen++)
        {
            var product = 0u;
            for (var i = 0; i < words.Length; i++)
                product ^= (chosen >> i & 1) == 1 ? words[i] : 0;
            yield return product;
        }
    }

    private static uint Reversed(uint word)
    {
        var turned = 0u;
        for (var bit = 0; bit < 32; bit++)
            turned |= (word >> bit & 1) << (31 - bit);
        return ~turned;
    }

    private static string Show(uint word) => string.Concat(Letters.Where((_, bit) => (word >> bit & 1) == 1));

    private static uint Parse(string word, int factors)
    {
        var mask = 0u;
        foreach (var letter in word.Trim())
        {
            var bit = Letters.IndexOf(letter, StringComparison.Ordinal);
            if (bit < 0 || bit >= factors || (mask >> bit & 1) == 1)
                throw DesignProblem.Of("effect", $"{word} is no product of different factors.", Where, $"Use each of the letters {Letters[..factors]} once at most.");
            mask |= 1u << bit;
        }
        return mask != 0 ? mask : throw DesignProblem.Of("effect", "An effect has no letters.", Where, "Name one factor or more.");
    }
}

/// <summary>Generators of the fractions that are used most.</summary>
internal static class FractionalGenerators
{
    // NIST/SEMATECH e-Handbook of Statistical Methods (2012), table 5.3.3.4.7.
    private static readonly Dictionary<(int Factors, int Runs), string> Table = new()
    {
        [(3, 4)] = "C=AB",
        [(4, 8)] = "D=ABC",
        [(5, 8)] = "D=AB E=AC",
        [(6, 8)] = "D=AB E=AC F=BC",
        [(7, 8)] = "D=AB E=AC F=BC G=ABC",
        [(5, 16)] = "E=ABCD",
        [(6, 16)] = "E=ABC F=BCD",
        [(7, 16)] = "E=ABC F=BCD G=ACD",
        [(8, 16)] = "E=BCD F=ACD G=ABC H=ABD",
        [(9, 16)] = "E=ABC F=BCD G=ACD H=ABD J=ABCD",
        [(10, 16)] = "E=ABC F=BCD G=ACD H=ABD J=ABCD K=AB",
        [(11, 16)] = "E=ABC F=BCD G=ACD H=ABD J=ABCD K=AB L=AC",
        [(6, 32)] = "F=ABCDE",
        [(7, 32)] = "F=ABCD G=ABDE",
        [(8, 32)] = "F=ABC G=ABD H=BCDE",
        [(9, 32)] = "F=BCDE G=ACDE H=ABDE J=ABCE",
        [(10, 32)] = "F=ABCD G=ABCE H=ABDE J=ACDE K=BCDE",
        [(11, 32)] = "F=ABC G=BCD H=CDE J=ACD K=ADE L=BDE",
        [(7, 64)] = "G=ABCDEF",
        [(8, 64)] = "G=ABCD H=ABEF",
        [(9, 64)] = "G=ABCD H=ACEF J=CDEF",
        [(10, 64)] = "G=BCDF H=ACDF J=ABDE K=ABCE",
        [(11, 64)] = "G=CDE H=ABCD J=ABF K=BDEF L=ADEF",
        [(8, 128)] = "H=ABCDEFG",
        [(9, 128)] = "H=ACDFG J=BCEFG",
        [(10, 128)] = "H=ABCG J=BCDE K=ACDF",
        [(11, 128)] = "H=ABCG J=BCDE K=ACDF L=ABCDEFG",
    };

    public static string[]? Known(int factors, int runs) => Table.TryGetValue((factors, runs), out var generators) ? generators.Split(' ') : null;
}
