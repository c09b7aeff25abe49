namespace Dure.Historian.Sparkplug;

/// <summary>What a Sparkplug message is about; the third level of its topic.</summary>
internal enum SparkplugVerb
{
    NodeBirth,
    NodeDeath,
    NodeData,
    NodeCommand,
    DeviceBirth,
    DeviceDeath,
    DeviceData,
    DeviceCommand,
}

/// <summary>A topic of the name space <c>spBv1.0</c> in its parts.</summary>
internal sealed record SparkplugTopic(string Group, SparkplugVerb Verb, string Node, string? Device)
{
    public const string Prefix = "spBv1.0/";
    public const string StatePrefix = Prefix + "STATE/";

    /// <summary>What <c>$sparkplug/certificates/</c> in front tells: a retained copy of a birth certificate.</summary>
    public const string CertificatePrefix = "$sparkplug/certificates/";

    private const int LongestPart = 200;

    public static SparkplugTopic? Parse(string topic)
    {
        var parts = topic.Split('/', 6);
        if (parts.Length is < 4 or > 5 || parts.Any(part => part.Length is 0 or > LongestPart))
            return null;
        SparkplugVerb? verb = parts[2] switch
        {
            "NBIRTH" => SparkplugVerb.NodeBirth,
            "NDEATH" => SparkplugVerb.NodeDeath,
            "NDATA" => SparkplugVerb.NodeData,
            "NCMD" => SparkplugVerb.NodeCommand,
            "DBIRTH" => SparkplugVerb.DeviceBirth,
            "DDEATH" => SparkplugVerb.DeviceDeath,
            "DDATA" => SparkplugVerb.DeviceData,
            "DCMD" => SparkplugVerb.DeviceCommand,
            _ => null,
        };
        var isOfDevice = verb >= SparkplugVerb.DeviceBirth;
        return verb is { } known && isOfDevice == (parts.Length == 5) ? new SparkplugTopic(parts[1], known, parts[3], isOfDevice ? parts[4] : null) : null;
    }
}
