namespace Dure.Optimize.Designs;

/// <summary>A product of powers of factors, such as A, A·B or A².</summary>
/// <param name="Powers">By factor; of a kind 0 or 1.</param>
public sealed record ModelTerm(IReadOnlyList<int> Powers)
{
    /// <summary>The number of factors that take part, a square counted twice.</summary>
    public int Order => Powers.Sum();

    internal bool IsConstant => Order == 0;

    internal string Show(IReadOnlyList<Factor> factors) =>
        IsConstant ? "1" : string.Join("·", Enumerable.Range(0, factors.Count).Where(f => Powers[f] > 0).Select(f => factors[f].Name + Powers[f] switch { 1 => "", 2 => "²", 3 => "³", var n => $"^{n}" }));
}

/// <summary>
/// What is fitted to responses: a sum of terms. A kind with n levels takes n - 1 columns that sum to 0 over its levels, so that the constant stays the mean.
/// </summary>
public sealed class DesignModel
{
    private readonly (int Term, int[] Kinds)[] columns;
    private readonly (int Factor, int Power, double[]? Kinds)[][] products; // of each column the factors that take part, of kinds the entry by level

    private DesignModel(IReadOnlyList<Factor> factors, IReadOnlyList<ModelTerm> terms)
    {
        (Factors, Terms) = (factors, terms);
        columns = [.. terms.SelectMany((term, t) => KindsOf(term).Select(kinds => (t, kinds)))];
        ColumnNames = [.. columns.Select(Name)];
        products = [.. columns.Select(column => Enumerable.Range(0, factors.Count).Where(f => terms[column.Term].Powers[f] > 0)
            .Select(f => (f, terms[column.Term].Powers[f], factors[f] is CategoricalFactor kinds ? Enumerable.Range(0, kinds.Levels.Count).Select(level => KindEntry(column.Kinds[f], level, kinds)).ToArray() : null)).ToArray())];
    }

    public IReadOnlyList<Factor> Factors { get; }

    public IReadOnlyList<ModelTerm> Terms { get; }

    /// <summary>The coefficients to be estimated.</summary>
    public int Columns => columns.Length;

    public IReadOnlyList<string> ColumnNames { get; }

    /// <summary>A constant and each factor; of a mixture each component without a constant.</summary>
    public static DesignModel Linear(IReadOnlyList<Factor> factors) => Of(factors, 1, false);

    /// <summary>Also the products of two factors; of a mixture Scheffé's quadratic model.</summary>
    public static DesignModel Interactions(IReadOnlyList<Factor> factors) => Of(factors, 2, false);

    /// <summary>Also the squares of continuous factors, so that a bend and an optimum can be seen.</summary>
    public static DesignModel Quadratic(IReadOnlyList<Factor> factors) => Of(factors, 2, true);

    /// <summary>Scheffé's special cubic model of a mixture: also the products of three components. Scheffé (1958).</summary>
    public static DesignModel SpecialCubic(IReadOnlyList<Factor> factors)
    {
        var model = Of(factors, 2, false);
        var parts = Enumerable.Range(0, factors.Count).Where(f => factors[f] is MixtureComponent).ToArray();
        var triples = from a in parts from b in parts from c in parts where a < b && b < c select Product(factors.Count, a, b, c);
        return new(factors, [.. model.Terms, .. triples]);
    }

    /// <summary>Any terms; each names the powers of the factors.</summary>
    public static DesignModel Of(IReadOnlyList<Factor> factors, IReadOnlyList<ModelTerm> terms)
    {
        const string Where = "model";
        DesignProblem.CheckFactors(factors, Where);
        if (terms.Count == 0)
            throw DesignProblem.Of("model", "The model has no terms.", Where, "Name one term or more.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var term in terms)
        {
            if (term.Powers.Count != factors.Count)
                throw DesignProblem.Of("model", $"A term names {term.Powers.Count} powers for {factors.Count} factors.", Where, "Give one power, or 0, for each factor.");
            var name = term.Show(factors);
            if (term.Powers.Any(p => p is < 0 or > 9) || Enumerable.Range(0, factors.Count).Any(f => factors[f] is CategoricalFactor && term.Powers[f] > 1))
                throw DesignProblem.Of("model", $"The powers of {name} cannot be.", Where, "Use powers of 0 to 9, and of a kind 0 or 1.");
            if (!seen.Add(name))
                throw DesignProblem.Of("model", $"The term {name} stands twice.", Where, "Name each term once.");
        }
        return new(factors, terms);
    }

    /// <summary>The model without some terms, named as <see cref="ModelTerm"/>s show; such as those that a fit found to be noise.</summary>
    public DesignModel Without(params IReadOnlyCollection<string> names)
    {
        foreach (var name in names)
            if (!Terms.Any(t => t.Show(Factors) == name))
                throw DesignProblem.Of("model", $"The model has no term {name}.", "model", $"Name one of {string.Join(", ", Terms.Select(t => t.Show(Factors)))}.");
        return Of(Factors, [.. Terms.Where(t => !names.Contains(t.Show(Factors)))]);
    }

    /// <summary>The name of a term.</summary>
    public string NameOf(ModelTerm term) => term.Show(Factors);

    /// <summary>The term that a column belongs to.</summary>
    public int TermOf(int column) => columns[column].Term;

    /// <summary>Writes the row of the model matrix for a run's coded values.</summary>
    public void Expand(ReadOnlySpan<double> coded, Span<double> row)
    {
        for (var column = 0; column < products.Length; column++)
        {
            var product = 1.0;
            foreach (var (factor, power, kinds) in products[column])
                product *= kinds is null ? Power(coded[factor], power) : kinds[(int)coded[factor]];
            row[column] = product;
        }
    }

    /// <summary>The model matrix of a table, row by row.</summary>
    public double[] Matrix(DesignTable table)
    {
        CheckFits(table);
        var matrix = new double[table.Runs * Columns];
        for (var run = 0; run < table.Runs; run++)
            Expand(table.Coded(run), matrix.AsSpan(run * Columns, Columns));
        return matrix;
    }

    /// <summary>The mean of the product of two columns over all combinations of settings, each as likely; for regions without constraints.</summary>
    internal double Moment(int a, int b)
    {
        var product = 1.0;
        for (var f = 0; f < Factors.Count; f++)
        {
            var (powerA, powerB) = (Terms[columns[a].Term].Powers[f], Terms[columns[b].Term].Powers[f]);
            product *= Factors[f] switch
            {
                CategoricalFactor kinds => Enumerable.Range(0, kinds.Levels.Count).Average(level =>
                    (powerA == 0 ? 1 : KindEntry(columns[a].Kinds[f], level, kinds)) * (powerB == 0 ? 1 : KindEntry(columns[b].Kinds[f], level, kinds))),
                SteppedFactor stepped => stepped.CodedLevels.Average(x => Power(x, powerA + powerB)),
                _ => (powerA + powerB) % 2 == 1 ? 0 : 1.0 / (powerA + powerB + 1),
            };
        }
        return product;
    }

    private void CheckFits(DesignTable table)
    {
        if (!table.Factors.Select(f => f.Name).SequenceEqual(Factors.Select(f => f.Name), StringComparer.Ordinal))
            throw DesignProblem.Of("model", "The model and the table have different factors.", "model", "Make the model of the table's factors, in the same order.");
    }

    private static DesignModel Of(IReadOnlyList<Factor> factors, int order, bool hasSquares)
    {
        DesignProblem.CheckFactors(factors, "model");
        var terms = new List<ModelTerm>();
        var hasMixture = factors.Any(f => f is MixtureComponent);
        if (!hasMixture)
            terms.Add(Product(factors.Count));
        // Beside a mixture the products of a factor with all components sum to the factor itself, which would then be said twice.
        for (var f = 0; f < factors.Count; f++)
            if (!hasMixture || order == 1 || factors[f] is MixtureComponent)
                terms.Add(Product(factors.Count, f));
        for (var a = 0; order > 1 && a < factors.Count; a++)
            for (var b = a + 1; b < factors.Count; b++)
                terms.Add(Product(factors.Count, a, b));
        for (var f = 0; hasSquares && f < factors.Count; f++)
            if (factors[f] is ContinuousFactor or SteppedFactor { Levels.Count: > 2 })
                terms.Add(Product(factors.Count, f, f));
        return new(factors, terms);
    }

    private static ModelTerm Product(int count, params ReadOnlySpan<int> factors)
    {
        var powers = new int[count];
        foreach (var f in factors)
            powers[f]++;
        return new(powers);
    }

    private IEnumerable<int[]> KindsOf(ModelTerm term)
    {
        IEnumerable<int[]> combinations = [[]];
        for (var f = 0; f < Factors.Count; f++)
        {
            var choices = Factors[f] is CategoricalFactor kinds && term.Powers[f] > 0 ? Enumerable.Range(0, kinds.Levels.Count - 1) : [-1];
            combinations = combinations.SelectMany(_ => choices, (start, choice) => (int[])[.. start, choice]).ToArray();
        }
        return combinations;
    }

    private string Name((int Term, int[] Kinds) column)
    {
        var names = new List<string>();
        var powers = Terms[column.Term].Powers;
        for (var f = 0; f < Factors.Count; f++)
            if (powers[f] > 0)
                names.Add(column.Kinds[f] >= 0 ? $"{Factors[f].Name}[{((CategoricalFactor)Factors[f]).Levels[column.Kinds[f]]}]" : Factors[f].Name + powers[f] switch { 1 => "", 2 => "²", 3 => "³", var n => $"^{n}" });
        return names.Count == 0 ? "1" : string.Join("·", names);
    }

    /// <summary>Sum-to-zero coding: 1 for the level of the column, -1 for the last, else 0.</summary>
    private static double KindEntry(int column, int level, CategoricalFactor kinds) => level == column ? 1 : level == kinds.Levels.Count - 1 ? -1 : 0;

    private static double Power(double x, int power)
    {
        var product = 1.0;
        for (var i = 0; i < power; i++)
            product *= x;
        return product;
    }
}
