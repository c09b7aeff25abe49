namespace Dure.Historian.Sparkplug;

/// <summary>
/// A Sparkplug B payload as spans into its bytes; nothing is copied. <see cref="TryRead"/> looks at the fields around the metrics, and
/// <see cref="NextMetric"/> goes through these one by one. Bytes that are no payload never throw; they are told by <c>false</c> and <see cref="IsBroken"/>.
/// </summary>
public ref struct SparkplugPayload
{
    private const uint TimestampField = 1, MetricField = 2, SeqField = 3;

    private ProtobufReader fields;

    /// <summary>Milliseconds since 1970; null when the payload has none.</summary>
    public ulong? Timestamp { get; private set; }

    /// <summary>The sequence number; null when the payload has none.</summary>
    public ulong? Seq { get; private set; }

    public int MetricCount { get; private set; }

    /// <summary>Whether a metric was met that cannot be read; it and those behind it are lost.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Reads what stands around the metrics; false when the bytes are no payload.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out SparkplugPayload payload)
    {
        payload = default;
        payload.fields = new ProtobufReader(bytes);
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case MetricField when reader.Type == WireType.Bytes: payload.MetricCount++; break;
                case TimestampField when reader.Type == WireType.Varint: payload.Timestamp = reader.Number; break;
                case SeqField when reader.Type == WireType.Varint: payload.Seq = reader.Number; break;
            }
        }
        return !reader.IsBroken;
    }

    /// <summary>Reads the next metric; false when there is none.</summary>
    public bool NextMetric(out SparkplugMetric metric)
    {
        while (fields.Next())
        {
            if (fields.Field != MetricField || fields.Type != WireType.Bytes)
                continue;
            if (SparkplugMetric.TryRead(fields.Bytes, out metric))
                return true;
            IsBroken = true;
            return false;
        }
        metric = default;
        return false;
    }
}
