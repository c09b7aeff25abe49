namespace Dure.Mqtt.Packets;

/// <summary>What topic names and topic filters may look like (MQTT 5.0, 4.7 and 4.8.2), on their UTF-8 bytes.</summary>
public static class TopicRules
{
    /// <summary>At least one byte and no wildcard.</summary>
    public static bool IsName(ReadOnlySpan<byte> topic) => !topic.IsEmpty && !topic.ContainsAny((byte)'+', (byte)'#');

    /// <summary>Wildcards only as whole levels, <c>#</c> only last; a shared filter needs a group without wildcards and a filter.</summary>
    public static bool IsFilter(ReadOnlySpan<byte> filter)
    {
        if (filter.StartsWith("$share/"u8))
        {
            var rest = filter["$share/"u8.Length..];
            var slash = rest.IndexOf((byte)'/');
            return slash > 0 && IsName(rest[..slash]) && IsPlainFilter(rest[(slash + 1)..]);
        }
        return IsPlainFilter(filter);
    }

    /// <summary>Levels between slashes, so <c>a/b</c> has two and <c>/</c> has two empty ones.</summary>
    public static int LevelsOf(ReadOnlySpan<byte> topic) => topic.Count((byte)'/') + 1;

    /// <summary>Whether a topic name falls under a filter without <c>$share</c>; wildcards in front do not reach names that begin with <c>$</c>.</summary>
    public static bool Matches(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> topic)
    {
        if (!topic.IsEmpty && topic[0] == '$' && !filter.IsEmpty && filter[0] is (byte)'+' or (byte)'#')
            return false;
        while (true)
        {
            if (filter.SequenceEqual("#"u8))
                return true;
            var (filterEnd, topicEnd) = (filter.IndexOf((byte)'/'), topic.IndexOf((byte)'/'));
            var level = filterEnd < 0 ? filter : filter[..filterEnd];
            if (!level.SequenceEqual("+"u8) && !level.SequenceEqual(topicEnd < 0 ? topic : topic[..topicEnd]))
                return false;
            if (topicEnd < 0)
                return filterEnd < 0 || filter[(filterEnd + 1)..].SequenceEqual("#"u8);
            if (filterEnd < 0)
                return false;
            filter = filter[(filterEnd + 1)..];
            topic = topic[(topicEnd + 1)..];
        }
    }

    private static bool IsPlainFilter(ReadOnlySpan<byte> filter)
    {
        if (filter.IsEmpty)
            return false;
        for (var i = 0; i < filter.Length; i++)
        {
            if (filter[i] is not ((byte)'+' or (byte)'#'))
                continue;
            var isLast = i == filter.Length - 1;
            if (i > 0 && filter[i - 1] != '/' || !isLast && (filter[i] == '#' || filter[i + 1] != '/'))
                return false;
        }
        return true;
    }
}
