namespace Dure.Exchange.Policies;

/// <summary>
/// The one function that says whether data may be used. It fails closed: what it does not know is refused, with the reason.
/// <list type="bullet">
/// <item>A use is permitted when at least one permission for its action is fulfilled, no prohibition for it is or could be active, and every
/// obligation is one that can be seen kept.</item>
/// <item>A list of conditions means all of them. What is unknown, or asks for a claim that is missing, is not fulfilled; inside <c>xone</c> or a
/// prohibition it refuses, wherever it stands.</item>
/// <item>Times are instants with an offset. <c>count lteq N</c> and <c>urn:dure:bytes lteq N</c> allow exactly N.</item>
/// </list>
/// </summary>
public static class PolicyJudge
{
    private const int MaxReasons = 32;

    /// <summary>More combinations of times and amounts than this are not looked through; the byte limit is then the nearest, which is safe.</summary>
    private const int MaxCells = 4096;

    public static PolicyDecision Decide(UsagePolicy policy, PolicyQuestion question)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(question);
        ArgumentOutOfRangeException.ThrowIfNegative(question.Uses);
        ArgumentOutOfRangeException.ThrowIfNegative(question.Bytes);
        var judged = new JudgedPolicy(policy, question);
        var now = new Moment(question.Now.UtcTicks, (Int128)question.Uses + 1, (Int128)question.Bytes + 1);
        return judged.Permits(now) ? Limits(judged, now) : new PolicyDecision.Refused([.. judged.Reasons(now).Distinct().Take(MaxReasons)]);
    }

    private static PolicyDecision.Permitted Limits(JudgedPolicy judged, Moment now)
    {
        var until = judged.Marks(Axis.Time, now).Cast<Int128?>().FirstOrDefault(at => !judged.Permits(now.With(Axis.Time, at!.Value)));
        var nextUse = judged.Marks(Axis.Use, now).Cast<Int128?>().FirstOrDefault(use => !judged.Permits(now.With(Axis.Use, use!.Value)));
        var nextByte = FirstByteRefused(judged, now, until);
        return new PolicyDecision.Permitted(
            until is { } at && at <= DateTime.MaxValue.Ticks ? new DateTimeOffset((long)at, TimeSpan.Zero) : null,
            nextByte is { } refused ? (long)(refused - now.NextByte) : null,
            nextUse is { } last ? (long)(last - now.NextUse) : null);
    }

    /// <summary>
    /// The first byte that would be refused at any time before <paramref name="until"/>, not only now: "until noon, or 1 GB" must not let a
    /// stream begun in the morning run on after both.
    /// </summary>
    private static Int128? FirstByteRefused(JudgedPolicy judged, Moment now, Int128? until)
    {
        var bytes = judged.Marks(Axis.Byte, now);
        List<Int128> times = [now.Now, .. judged.Marks(Axis.Time, now).TakeWhile(at => until is null || at < until)];
        if (bytes.Count * times.Count > MaxCells)
            return bytes[0];
        return bytes.Cast<Int128?>().FirstOrDefault(next => times.Any(at => !judged.Permits(now.With(Axis.Byte, next!.Value).With(Axis.Time, at))));
    }
}
