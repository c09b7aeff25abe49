using Dure.Datasets;
using Dure.Tests.Learn.Trees;

namespace Dure.Tests.Learn.Recipes;

/// <summary>Datasets in memory whose truth is known.</summary>
internal static class MadeDatasetTable
{
    /// <summary>Friedman's function: columns x0 to x7, the category <c>line</c> and the target <c>y</c>; rows stand alone.</summary>
    public static DatasetTable Parts(int rows, int seed, double missing = 0)
    {
        var (table, labels) = MadeTable.Friedman(rows, seed, missing: missing, categories: 3);
        return Of([.. table.Columns.Select(column => Column(column.Name, column.Values, column.IsCategorical ? ["a", "b", "c"] : [])), Column("y", labels)]);
    }

    /// <summary>Machines whose <c>level</c> swings, and rises by <c>load</c> a row later; rows in time.</summary>
    public static DatasetTable Machines(int machines, int rows, int seed)
    {
        var random = new Random(seed);
        var (load, level, times, groups) = (new float[machines * rows], new float[machines * rows], new long[machines * rows], new int[machines * rows]);
        for (var at = 0; at < load.Length; at++)
        {
            var (machine, row) = (at / rows, at % rows);
            (times[at], groups[at], load[at]) = (row * 60_000_000L, machine, (float)random.NextDouble());
            level[at] = (float)(Math.Sin(row / 20.0) + (row > 0 ? 2 * load[at - 1] : 0) + 0.05 * MadeTable.Normal(random));
        }
        return Of([Column("load", load), Column("level", level)], times, groups, machines);
    }

    public static DatasetTable Of(IReadOnlyList<DatasetTableColumn> columns, long[]? times = null, int[]? groups = null, int groupCount = 0) => new()
    {
        Version = MadeDataset.Version(),
        Rows = columns[0].Values.Length,
        Columns = columns,
        TimesMicros = times,
        Groups = groups,
        GroupNames = [.. Enumerable.Range(0, groupCount).Select(number => $"machine {number}")],
        IsHeldOut = null,
    };

    public static DatasetTableColumn Column(string name, float[] values, string[]? categories = null, TableColumnType? type = null) =>
        new(name, type ?? (categories is { Length: > 0 } ? TableColumnType.Category : TableColumnType.Number), TableRole.Feature, "", values, categories ?? []);
}
