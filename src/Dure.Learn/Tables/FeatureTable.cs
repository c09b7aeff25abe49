using Dure.Kernel;

namespace Dure.Learn.Tables;

/// <summary>One column to learn from.</summary>
public sealed record FeatureColumn
{
    public required string Name { get; init; }

    /// <summary>One value a row; NaN is missing. Of a categorical column the codes 0, 1, … of its categories.</summary>
    public required float[] Values { get; init; }

    /// <summary>Whether the values are codes without an order.</summary>
    public bool IsCategorical { get; init; }

    /// <summary>1: the prediction may only rise with it; -1: only fall; 0: as the data say.</summary>
    public int Monotone { get; init; }
}

/// <summary>A table to learn from: columns of equal length.</summary>
public sealed class FeatureTable
{
    public const int MaxRows = 1 << 27;
    public const int MaxColumns = 100_000;

    /// <exception cref="ProblemException">It has no column, or columns of different length, or values that cannot be learnt from.</exception>
    public FeatureTable(IReadOnlyList<FeatureColumn> columns)
    {
        if (columns.Count is 0 or > MaxColumns)
            throw Bad($"It has {columns.Count} columns.", "the table", $"Give 1 to {MaxColumns}.");
        (Columns, Rows) = (columns, columns[0].Values.Length);
        if (Rows is 0 or > MaxRows)
            throw Bad($"It has {Rows} rows.", "the table", $"Give 1 to {MaxRows}.");
        foreach (var column in columns)
            Check(column);
    }

    public int Rows { get; }
    public IReadOnlyList<FeatureColumn> Columns { get; }

    /// <summary>One row, in the order of the columns.</summary>
    public void CopyRow(int row, Span<float> into)
    {
        for (var i = 0; i < Columns.Count; i++)
            into[i] = Columns[i].Values[row];
    }

    /// <summary>Some of the rows, in the order in which they are named.</summary>
    public FeatureTable Take(int[] rows) => new([.. Columns.Select(column => column with { Values = Array.ConvertAll(rows, row => column.Values[row]) })]);

    /// <summary>All rows of some columns, which are shared.</summary>
    public FeatureTable Select(int[] columns) => new([.. columns.Select(column => Columns[column])]);

    private void Check(FeatureColumn column)
    {
        if (column.Values.Length != Rows)
            throw Bad($"It has {column.Values.Length} rows; the first column has {Rows}.", $"column '{column.Name}'", "Give columns of equal length, NaN where a value is missing.");
        if (column.Monotone is < -1 or > 1 || (column.IsCategorical && column.Monotone != 0))
            throw Bad("Its direction makes no sense.", $"column '{column.Name}'", "Say -1, 0 or 1, and 0 for categories, which have no order.");
        for (var row = 0; row < Rows; row++)
        {
            var value = column.Values[row];
            if (float.IsInfinity(value))
                throw Bad($"Row {row} is infinite.", $"column '{column.Name}'", "Leave it out, or mark it missing.");
            if (column.IsCategorical && !float.IsNaN(value) && (value < 0 || value != (int)value || value >= 1 << 24))
                throw Bad($"Row {row} holds {value}, which is no code of a category.", $"column '{column.Name}'", "Number the categories 0, 1, 2, …");
        }
    }

    private static ProblemException Bad(string what, string where, string mend) => new("urn:dure:learn:bad-table", what, where, mend);
}
