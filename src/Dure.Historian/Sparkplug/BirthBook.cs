using System.Text;
using Dure.Historian.Mqtt;
using Dure.Historian.Sources;
using Dure.Kernel;

namespace Dure.Historian.Sparkplug;

/// <summary>Keeps what birth certificates say, and makes samples of births and data by it.</summary>
internal sealed class BirthBook(SparkplugOptions options)
{
    private const int LongestName = 500;
    private const ulong LatestMilliseconds = long.MaxValue / 1000;

    private readonly ToldOnce told = new();

    public int Metrics { get; private set; }

    public long NotKept => told.Count;

    /// <summary>Replaces what was known of the device by its birth certificate, whose values are samples.</summary>
    /// <returns>The bdSeq, which only certificates of edge nodes have.</returns>
    public ulong? TakeBirth(EdgeNode node, SparkplugDevice device, string topic, ref SparkplugPayload payload, long now, Reading into)
    {
        var before = device.Metrics;
        device.Metrics = new Dictionary<string, MetricState>(StringComparer.Ordinal);
        (device.IsBorn, device.AwaitedUntil) = (true, null);
        foreach (var state in before.Values)
        {
            if (state.Alias is { } alias && node.Aliases.TryGetValue(alias, out var held) && held.Metric == state)
                node.Aliases.Remove(alias);
            state.Alias = null;
        }
        ulong? bdSeq = null;
        while (payload.NextMetric(out var metric))
        {
            if (metric.Name.SequenceEqual("bdSeq"u8))
                bdSeq = SeqOf(metric);
            if (Enter(node, device, before, topic, metric, into) is { IsControl: false } state)
                Take(state, metric, payload.Timestamp, now, into);
        }
        foreach (var (name, state) in before)
        {
            if (device.Metrics.ContainsKey(name))
                continue;
            Metrics--;
            MarkStale(state, payload.Timestamp is { } stamp ? MicrosOf(stamp) : now, into);
        }
        return bdSeq;
    }

    public void TakeData(EdgeNode node, SparkplugDevice device, string topic, ref SparkplugPayload payload, long now, Reading into)
    {
        while (payload.NextMetric(out var metric))
        {
            if (Find(node, device, metric) is { } state)
            {
                if (!state.IsControl)
                    Take(state, metric, payload.Timestamp, now, into);
            }
            else
            {
                var name = metric.Name.IsEmpty ? $"the alias {metric.Alias}" : $"'{Shown(metric.Name)}'";
                into.Live.Reject(topic, $"The metric {name} is not in the birth certificate.", "Name every metric with its alias in the birth certificate, and send one again when that changes.");
            }
        }
    }

    public static ulong? BirthDeathSeq(ref SparkplugPayload payload)
    {
        while (payload.NextMetric(out var metric))
        {
            if (metric.Name.SequenceEqual("bdSeq"u8))
                return SeqOf(metric);
        }
        return null;
    }

    /// <summary>Whatever was known of the device is not known from this time on.</summary>
    public static void MarkStale(SparkplugDevice device, long at, Reading into)
    {
        foreach (var state in device.Metrics.Values)
            MarkStale(state, at, into);
    }

    /// <summary>A time too far for the clock stays one, and is refused by name later on.</summary>
    public static long MicrosOf(ulong milliseconds) => (long)Math.Min(milliseconds, LatestMilliseconds) * 1000;

    private static void MarkStale(MetricState state, long at, Reading into)
    {
        if (state.IsStale)
            return;
        state.IsStale = true;
        state.BlockIn(into.Live).Add(at, double.NaN, Quality.Bad);
    }

    private MetricState? Enter(EdgeNode node, SparkplugDevice device, Dictionary<string, MetricState> before, string topic, in SparkplugMetric metric, Reading into)
    {
        if (metric.Name.Length is 0 or > LongestName)
        {
            into.Live.Reject(topic, $"The name of a metric has {metric.Name.Length} bytes; 1 to {LongestName} are allowed.", "Name every metric in birth certificates.");
            return null;
        }
        var name = Encoding.UTF8.GetString(metric.Name);
        if (!before.TryGetValue(name, out var state))
        {
            if (Metrics >= options.MaxMetrics)
            {
                into.Live.Reject(topic, $"{options.MaxMetrics:N0} metrics are known; no more are taken.", "Use a second node, or let the edge node send fewer.");
                return null;
            }
            state = new MetricState(device.Name is null ? $"{node.Key}/{name}" : $"{node.Key}/{device.Name}/{name}") { IsControl = IsControl(name) };
        }
        if (!device.Metrics.TryAdd(name, state))
        {
            into.Live.Reject(topic, $"The metric '{Shown(metric.Name)}' is twice in the birth certificate.", "Give each metric a name of its own.");
            return null;
        }
        if (!before.ContainsKey(name))
            Metrics++;
        if (metric.HasAlias)
            GiveAlias(node, device, topic, metric, state, into);
        Describe(state, metric, into);
        return state;
    }

    /// <summary>An alias that another metric has is the sender's mistake, unless that one's device has not been born since.</summary>
    private static void GiveAlias(EdgeNode node, SparkplugDevice device, string topic, in SparkplugMetric metric, MetricState state, Reading into)
    {
        if (node.Aliases.TryGetValue(metric.Alias, out var held) && held.Device.IsBorn)
        {
            into.Live.Reject(topic, $"The alias {metric.Alias} of '{state.Item}' belongs to '{held.Metric.Item}' already.", "Give each metric of an edge node and its devices an alias of its own.");
            return;
        }
        node.Aliases[metric.Alias] = (device, state);
        state.Alias = metric.Alias;
    }

    private static void Describe(MetricState state, in SparkplugMetric metric, Reading into)
    {
        state.Type = metric.Type;
        if (state.IsControl || !SparkplugMetric.IsNumeric(metric.Type))
            return;
        var properties = SparkplugProperties.Read(metric.Properties);
        state.Unit = properties.Unit;
        var description = properties.Description ?? metric.Type.ToString();
        into.Items.Add(new SourceItem(state.Item, properties.Unit, description, properties.Low, properties.High));
    }

    private static MetricState? Find(EdgeNode node, SparkplugDevice device, in SparkplugMetric metric)
    {
        if (metric.HasAlias && metric.Name.IsEmpty)
            return node.Aliases.TryGetValue(metric.Alias, out var found) && found.Device == device ? found.Metric : null;
        if (metric.Name.Length is 0 or > LongestName)
            return null;
        Span<char> name = stackalloc char[LongestName];
        var length = Encoding.UTF8.GetChars(metric.Name, name);
        return device.Metrics.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name[..length], out var state) ? state : null;
    }

    private void Take(MetricState state, in SparkplugMetric metric, ulong? payloadTime, long now, Reading into)
    {
        var type = metric.Type != SparkplugType.Unknown ? metric.Type : state.Type;
        var (value, quality) = (double.NaN, Quality.Bad);
        if (!SparkplugMetric.IsNumeric(type) || !metric.IsNull && !metric.TryNumber(type, out value))
        {
            told.Say(into.Live, state.Item, $"Its values are of the type {type}, which is no number; they are not kept.", "Send what is to be kept as a number or a flag.");
            return;
        }
        if (!metric.IsNull && double.IsFinite(value))
            quality = metric.Properties.IsEmpty ? Quality.Good : SparkplugProperties.Read(metric.Properties).Quality ?? Quality.Good;
        else
            value = double.NaN;
        var at = metric.HasTimestamp ? MicrosOf(metric.Timestamp) : payloadTime is { } stamp ? MicrosOf(stamp) : now;
        if (metric.IsHistorical)
        {
            state.BlockIn(into.Historical).Add(at, value, quality);
            return;
        }
        state.IsStale = false;
        state.BlockIn(into.Live).Add(at, value, quality);
    }

    private static ulong? SeqOf(in SparkplugMetric metric) => metric.TryNumber(SparkplugType.UInt64, out var number) && number >= 0 ? (ulong)number : null;

    private static bool IsControl(string name) =>
        name == "bdSeq" || name.StartsWith("Node Control/", StringComparison.Ordinal) || name.StartsWith("Device Control/", StringComparison.Ordinal);

    private static string Shown(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name[..Math.Min(name.Length, 60)]);
}
