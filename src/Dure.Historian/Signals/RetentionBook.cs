using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Historian.Signals;

/// <summary>How long samples of the signals under a path are kept. The longest path that a signal lies under decides.</summary>
/// <param name="Path">A signal's path or the beginning of paths, such as <c>plant/line1</c>; empty for all.</param>
/// <param name="Kept">Null when they are kept for ever.</param>
public sealed record RetentionRule(string Path, TimeSpan? Kept);

/// <summary>The rules of retention, a fold of the journal's <c>retention-set</c> entries. Without a rule everything is kept.</summary>
internal sealed class RetentionBook
{
    public const string Set = "retention-set";
    public const string Applied = "retention-applied";
    private const int MaxRules = 10_000;

    private readonly ConcurrentDictionary<string, RetentionRule> rules = new(StringComparer.Ordinal);

    public IReadOnlyList<RetentionRule> Rules => [.. rules.Values.OrderBy(rule => rule.Path, StringComparer.Ordinal)];

    public void Apply(JournalEntry entry)
    {
        if (entry.Kind != Set)
            return;
        var path = entry.Body["path"]!.GetValue<string>();
        rules[path] = new RetentionRule(path, entry.Body["days"] is { } days ? TimeSpan.FromDays(days.GetValue<double>()) : null);
    }

    public async Task Change(RetentionRule rule, Journal journal, string actor, CancellationToken cancel)
    {
        if (rule.Kept is { } kept && (kept < TimeSpan.FromHours(1) || kept > TimeSpan.FromDays(36_500)))
            throw new ProblemException("urn:dure:historian:bad-retention", $"{kept.TotalDays} days cannot be kept.", $"retention of '{rule.Path}'", "Give an hour to 100 years in days, or none to keep all.");
        if (rule.Path.Length > 1000 || rules.Count >= MaxRules)
            throw new ProblemException("urn:dure:historian:bad-retention", "The path is too long, or there are too many rules.", $"retention of '{rule.Path[..Math.Min(100, rule.Path.Length)]}'", $"At most {MaxRules:N0} rules with paths of 1,000 characters.");
        var body = new JsonObject { ["path"] = rule.Path };
        if (rule.Kept is { } span)
            body["days"] = span.TotalDays;
        Apply(await journal.Append(Set, rule.Path.Length == 0 ? "all signals" : rule.Path, body, actor, cancel));
    }

    /// <summary>The time before which samples of a signal need not be kept, µs; the lowest there is when they are kept for ever.</summary>
    public long OldestKept(SignalId signal, DateTimeOffset now)
    {
        for (var path = signal.Path; ; path = path[..Math.Max(0, path.LastIndexOf('/'))])
        {
            if (rules.TryGetValue(path, out var rule))
                return rule.Kept is { } kept ? Micros.Of(now - kept) : long.MinValue;
            if (path.Length == 0)
                return long.MinValue;
        }
    }
}
