using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dure.Learn.Tables;

namespace Dure.Learn.Trees;

/// <summary>
/// A table as bins. It is kept twice: by column, to part rows at a cut, and by groups of columns side by side, so that the sums of a group
/// stay in the first-level cache while rows pass.
/// </summary>
internal sealed class BinnedTable
{
    private const int MostInGroup = 16;

    private readonly byte[][] columns;

    private BinnedTable(int rows, FeatureBins[] bins, byte[][] columns, Group[] groups) => (Rows, Bins, this.columns, Groups) = (rows, bins, columns, groups);

    /// <summary>Columns side by side.</summary>
    /// <param name="First">The first column.</param>
    /// <param name="Width">How many.</param>
    /// <param name="Cells">Their bins, row by row.</param>
    public sealed record Group(int First, int Width, byte[] Cells);

    public int Rows { get; }
    public IReadOnlyList<FeatureBins> Bins { get; }
    public IReadOnlyList<Group> Groups { get; }

    public byte[] Column(int feature) => columns[feature];

    /// <summary>Bins a table.</summary>
    /// <param name="bins">How; null: by the table's own values.</param>
    public static BinnedTable Of(FeatureTable table, int mostBins, IReadOnlyList<FeatureBins>? bins, int threads, CancellationToken cancel)
    {
        var count = table.Columns.Count;
        var (own, columns) = (new FeatureBins[count], new byte[count][]);
        InParallel.For(count, feature =>
        {
            var column = table.Columns[feature];
            own[feature] = bins?[feature] ?? FeatureBins.Of(column, mostBins);
            var cells = columns[feature] = GC.AllocateUninitializedArray<byte>(table.Rows);
            for (var row = 0; row < cells.Length; row++)
                cells[row] = own[feature].BinOf(column.Values[row]);
        }, cancel, threads);
        // Integer sums come out alike however the columns are shared out, so there may be a group for each core.
        var parts = Math.Max((count + MostInGroup - 1) / MostInGroup, Math.Min(count, threads > 0 ? threads : Environment.ProcessorCount));
        var groups = new Group[parts];
        InParallel.For(parts, part => groups[part] = SideBySide(columns, (int)((long)count * part / parts), (int)((long)count * (part + 1) / parts), table.Rows), cancel, threads);
        return new BinnedTable(table.Rows, own, columns, groups);
    }

    private static Group SideBySide(byte[][] columns, int first, int end, int rows)
    {
        const int Block = 4096;
        var width = end - first;
        // A few bytes more: the last row may be read eight at a time.
        var cells = GC.AllocateUninitializedArray<byte>(checked(rows * width + 8));
        for (var start = 0; start < rows; start += Block)
        {
            var stop = Math.Min(rows, start + Block);
            for (var i = 0; i < width; i++)
            {
                ref var from = ref MemoryMarshal.GetArrayDataReference(columns[first + i]);
                for (var row = start; row < stop; row++)
                    cells[row * width + i] = Unsafe.Add(ref from, row);
            }
        }
        return new Group(first, width, cells);
    }
}
