namespace Dure.Learn.Federation;

/// <summary>Runs whole secure sums in one process, for tests and for rooms where all sites are at hand; counts what would go over the line.</summary>
public sealed class SecureSum
{
    private readonly int threshold;
    private int next;

    /// <param name="threshold">How many sites must answer at least; more than half.</param>
    public SecureSum(int threshold) => this.threshold = threshold;

    /// <summary>Bytes that each site sent and was sent so far, masked values and all else.</summary>
    public long BytesPerSite { get; private set; }

    /// <summary>What the server saw of each site last: masked values.</summary>
    public IReadOnlyDictionary<int, ulong[]> Seen { get; private set; } = new Dictionary<int, ulong[]>();

    /// <param name="values">Of each site as many.</param>
    /// <param name="gone">Sites, from 0, that fall away after they have shared their parts: they are not in the sum.</param>
    /// <exception cref="Kernel.ProblemException">Too few sites are left.</exception>
    public long[] Of(IReadOnlyList<long[]> values, params ReadOnlySpan<int> gone)
    {
        var name = $"sum {next++}";
        var sites = Enumerable.Range(1, values.Count).Select(number => new SumParticipant(number, threshold, name)).ToArray();
        try
        {
            var keys = sites.Select(site => site.Keys()).ToArray();
            var parts = sites.SelectMany(site => site.Share(keys)).ToArray();
            for (var i = 0; i < sites.Length; i++)
                sites[i].Receive([.. parts.Where(part => part.To == i + 1)]);
            var masked = new Dictionary<int, ulong[]>();
            for (var i = 0; i < sites.Length; i++)
                if (!gone.Contains(i))
                    masked[i + 1] = sites[i].Mask(values[i]);
            Seen = masked;
            var opened = masked.Keys.Select(number => sites[number - 1].Unmask(masked.Keys)).ToArray();
            var length = values.Count == 0 ? 0 : values[0].Length;
            BytesPerSite += (long)length * sizeof(ulong) + keys.Sum(key => key.MaskKey.Length + key.SealKey.Length) + parts.Where(part => part.From == 1 || part.To == 1).Sum(part => part.Bytes) + opened.Sum(one => 2 * MaskStream.KeyBytes);
            return new SumServer(threshold, name, keys).Sum([.. Enumerable.Range(1, sites.Length)], masked, opened);
        }
        finally
        {
            foreach (var site in sites)
                site.Dispose();
        }
    }
}
