using System.Buffers;
using Dure.Kernel;

namespace Dure.Historian.Http;

/// <summary>A signal of a body: what stands before its value in a line, and what came behind it the last time.</summary>
/// <param name="text">Measurement, tags, a space, the field's key and '=', as the sender wrote them.</param>
internal sealed class LineSeries(byte[] text, int keyLength, SignalBlock block)
{
    public SignalBlock Block => block;
    public int Rows { get; set; }
    public LineSeries? Next { get; set; }
    public ReadOnlySpan<byte> Text => text;

    /// <summary>The field's key and '='.</summary>
    public ReadOnlySpan<byte> Field => text.AsSpan(keyLength + 1);

    /// <summary>Whether both have the same measurement and tags.</summary>
    public bool IsOfSameLine(LineSeries other) => Key.SequenceEqual(other.Key);

    private ReadOnlySpan<byte> Key => text.AsSpan(0, keyLength);
}

/// <summary>
/// The samples of a body in their order, in pooled columns. At the end each signal gets columns of just its size: growing thousands of small
/// ones side by side would cost more than parsing does.
/// </summary>
internal sealed class LineRows(int bodyBytes)
{
    private const int ShortestLine = 24;

    private readonly Dictionary<byte[], LineSeries>.AlternateLookup<ReadOnlySpan<byte>> byText = new Dictionary<byte[], LineSeries>(new BytesComparer()).GetAlternateLookup<ReadOnlySpan<byte>>();
    private readonly Dictionary<string, SignalBlock> blocks = new(StringComparer.Ordinal);
    private readonly List<LineSeries> all = [];
    private LineSeries[] series = ArrayPool<LineSeries>.Shared.Rent(bodyBytes / ShortestLine + 16);
    private double[] values = ArrayPool<double>.Shared.Rent(bodyBytes / ShortestLine + 16);
    private long[] times = ArrayPool<long>.Shared.Rent(bodyBytes / ShortestLine + 16);
    private int committed;
    private int count;

    /// <summary>What came behind the last committed row when its series came before.</summary>
    public LineSeries? Expected => committed == 0 ? null : series[committed - 1].Next;

    public LineSeries? Find(ReadOnlySpan<byte> text) => byText.TryGetValue(text, out var known) ? known : null;

    public LineSeries Begin(ReadOnlySpan<byte> text, int keyLength, string path)
    {
        if (!blocks.TryGetValue(path, out var block))
            blocks[path] = block = new SignalBlock(path, null, capacity: 0);
        var bytes = text.ToArray();
        var begun = new LineSeries(bytes, keyLength, block);
        byText.Dictionary[bytes] = begun;
        all.Add(begun);
        return begun;
    }

    /// <summary>Adds a value of the line that is being read.</summary>
    public void Add(LineSeries of, double value)
    {
        if (count == series.Length || count == values.Length || count == times.Length)
            Grow();
        series[count] = of;
        values[count++] = value;
    }

    /// <summary>The line is whole: its values are taken, at this time.</summary>
    public void Commit(long time)
    {
        for (; committed < count; committed++)
        {
            times[committed] = time;
            series[committed].Rows++;
            if (committed > 0)
                series[committed - 1].Next = series[committed];
        }
    }

    /// <summary>Forgets the values of the line that is being read.</summary>
    public void TakeBack() => count = committed;

    /// <summary>Sorts the rows by signal; nothing is left here.</summary>
    public void MoveTo(List<SignalBlock> into)
    {
        foreach (var each in all)
            each.Block.Widen(each.Rows);
        for (var i = 0; i < committed; i++)
            series[i].Block.Add(times[i], values[i]);
        into.AddRange(blocks.Values.Where(block => block.Count > 0));
        ArrayPool<LineSeries>.Shared.Return(series, clearArray: true);
        ArrayPool<double>.Shared.Return(values);
        ArrayPool<long>.Shared.Return(times);
        (series, values, times, count, committed) = ([], [], [], 0, 0);
    }

    private void Grow()
    {
        series = Larger(series);
        values = Larger(values);
        times = Larger(times);
    }

    private T[] Larger<T>(T[] old)
    {
        var larger = ArrayPool<T>.Shared.Rent(2 * count + 16);
        old.AsSpan(0, count).CopyTo(larger);
        ArrayPool<T>.Shared.Return(old, clearArray: !typeof(T).IsPrimitive);
        return larger;
    }

    /// <summary>Compares and hashes texts as bytes, also those that lie in a line.</summary>
    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);
        public int GetHashCode(byte[] bytes) => GetHashCode(bytes.AsSpan());
        public bool Equals(ReadOnlySpan<byte> bytes, byte[] other) => bytes.SequenceEqual(other);
        public int GetHashCode(ReadOnlySpan<byte> bytes) => (int)Crc32C.Of(bytes);
        public byte[] Create(ReadOnlySpan<byte> bytes) => bytes.ToArray();
    }
}
