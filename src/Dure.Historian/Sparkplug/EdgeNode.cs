namespace Dure.Historian.Sparkplug;

/// <summary>A metric that a birth certificate named.</summary>
internal sealed class MetricState(string item)
{
    private SampleBatch? batch;
    private SignalBlock? block;

    /// <summary><c>group/edge/device/metric</c>.</summary>
    public string Item => item;
    public SparkplugType Type { get; set; }
    public string? Unit { get; set; }
    public ulong? Alias { get; set; }

    /// <summary>Steers the edge node and is no measurement: bdSeq, Node Control, Device Control.</summary>
    public bool IsControl { get; init; }

    /// <summary>Whether its last sample says already that nothing is known.</summary>
    public bool IsStale { get; set; } = true;

    public SignalBlock BlockIn(SampleBatch into)
    {
        if (batch == into && block!.Unit == Unit) // set together with the batch
            return block;
        (batch, block) = (into, new SignalBlock(item, Unit));
        into.Blocks.Add(block);
        return block;
    }
}

/// <summary>A device behind an edge node; the edge node's own metrics are one without a name.</summary>
internal sealed class SparkplugDevice(string? name)
{
    public string? Name => name;
    public bool IsBorn { get; set; }

    /// <summary>Until when its birth is awaited, after its edge node was born anew; null when it is not.</summary>
    public long? AwaitedUntil { get; set; }

    public Dictionary<string, MetricState> Metrics { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>A message that waits for the birth certificate which a hole in the sequence may have swallowed.</summary>
internal sealed record HeldMessage(string Device, byte[] Payload, long Received);

/// <summary>What is known of an edge node.</summary>
internal sealed class EdgeNode(string group, string name)
{
    public const int MostHeldMessages = 256;
    public const int MostHeldBytes = 1024 * 1024;

    public string Group => group;
    public string Name => name;
    public string Key { get; } = $"{group}/{name}";
    public bool IsOnline { get; set; }
    public ulong? BirthDeathSeq { get; set; }
    public SparkplugDevice Own { get; } = new(null);
    public Dictionary<string, SparkplugDevice> Devices { get; } = new(StringComparer.Ordinal);
    public Dictionary<ulong, (SparkplugDevice Device, MetricState Metric)> Aliases { get; } = [];
    public SequenceWatch Sequence { get; } = new();
    public List<HeldMessage> Held { get; } = [];
    public int HeldBytes { get; set; }

    /// <summary>When its births were last asked for; null: not since the last birth.</summary>
    public long? AskedAt { get; set; }

    public IEnumerable<SparkplugDevice> All => Devices.Values.Prepend(Own);
}
