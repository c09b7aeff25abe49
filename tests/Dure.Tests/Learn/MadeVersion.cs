using Dure.Datasets;
using Dure.Kernel;

namespace Dure.Tests.Learn;

/// <summary>A dataset version whose rows a test brings itself: no file stands behind it.</summary>
internal static class MadeVersion
{
    public static DatasetVersion Of(string name, long rows, bool hasLabels, params DatasetColumn[] columns) => new()
    {
        Id = ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(name)),
        Name = name,
        Title = name,
        Number = 1,
        Parquet = ContentHash.Of("parquet"u8),
        ParquetBytes = 1,
        Rows = rows,
        Columns = columns,
        HasLabels = hasLabels,
        Parts = [],
        QualityScore = 1,
        Entry = 0,
        EntryHash = ContentHash.Of("entry"u8),
        At = DateTimeOffset.UnixEpoch,
        Actor = "engineer",
    };
}
