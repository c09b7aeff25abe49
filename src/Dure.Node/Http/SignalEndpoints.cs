using System.Text.Json.Nodes;
using Dure.Historian;
using Dure.Kernel;
using Dure.Node.Access;

namespace Dure.Node.Http;

/// <summary>Signals and their series.</summary>
internal static class SignalEndpoints
{
    private const int MaxSamplesPerAnswer = 100_000;
    private const int MaxSignalsPerRequest = 10_000;

    internal sealed record SignalRequest(string? Id, string? Unit, string? Description, string? Role, double? Low, double? High);

    internal sealed record RegisterRequest(SignalRequest[]? Signals);

    public static void MapSignals(this IEndpointRouteBuilder app)
    {
        var signals = app.MapGroup("/api/v1/signals").WithTags("Signals");
        signals.MapGet("/", All).Needs(Permission.Read).WithSummary("List signals with unit and newest sample.");
        signals.MapPost("/", Register).Needs(Permission.Curate).WithSummary("Make signals known, with their units (UCUM).");
        signals.MapGet("/resample", Resample).Needs(Permission.Read).WithSummary("A range in equal steps: mean, min, max, count.");
        signals.MapGet("/samples", Samples).Needs(Permission.Read).WithSummary("Samples of a range, at most 100,000.");
        signals.MapGet("/latest", Latest).Needs(Permission.Read).WithSummary("The newest sample.");
    }

    private static JsonObject All(PlantHistorian historian) => new() { ["signals"] = new JsonArray([.. historian.Signals.Select(Describe)]) };

    private static async Task<JsonObject> Register(RegisterRequest request, PlantHistorian historian, HttpContext context)
    {
        if (request.Signals is not { Length: > 0 and <= MaxSignalsPerRequest } wanted)
            throw new ProblemException("urn:dure:historian:bad-registration", $"The list names {request.Signals?.Length ?? 0} signals.", "field 'signals'", $"Name 1 to {MaxSignalsPerRequest:N0} at once.");
        var isNew = await historian.Register([.. wanted.Select(DefinitionOf)], context.Actor(), context.RequestAborted);
        return new JsonObject { ["registered"] = isNew, ["known"] = wanted.Length - isNew };
    }

    private static SignalDefinition DefinitionOf(SignalRequest signal, int place)
    {
        if (!SignalId.TryParse(signal.Id, out var id, out var why))
            throw new ProblemException("urn:dure:historian:bad-registration", why, $"signals[{place}].id", "Write it as site/area/machine/signal.");
        if (!Unit.TryParse(signal.Unit ?? "", out var unit, out var fault))
            throw new ProblemException("urn:dure:historian:bad-unit", $"'{signal.Unit}' is not a UCUM unit: {fault}", $"signals[{place}].unit ({id})", "Use codes such as bar, Cel, A, V, L/min, [g], % or 1.");
        if (!Enum.TryParse<SignalRole>(signal.Role ?? nameof(SignalRole.Measurement), ignoreCase: true, out var role))
            throw new ProblemException("urn:dure:historian:bad-registration", $"'{signal.Role}' is not a role.", $"signals[{place}].role ({id})", "Use Measurement or Label.");
        if (signal.Low >= signal.High)
            throw new ProblemException("urn:dure:historian:bad-registration", $"The range from {signal.Low} to {signal.High} is empty.", $"signals[{place}] ({id})", "Give low below high, in the signal's unit.");
        if (signal.Description?.Length > 1000)
            throw new ProblemException("urn:dure:historian:bad-registration", $"The description has {signal.Description.Length} characters; 1000 are allowed.", $"signals[{place}] ({id})", "Shorten it.");
        return new SignalDefinition(id, unit, signal.Description ?? "", role, signal.Low, signal.High);
    }

    private static JsonObject Resample(PlantHistorian historian, string signal, long? from = null, long? to = null, int points = 1000, CancellationToken cancel = default)
    {
        if (points is < 1 or > 4000)
            throw new ProblemException("urn:dure:historian:bad-points", $"{points} points cannot be served.", "query 'points'", "Ask for 1 to 4,000.");
        var info = historian.Find(SignalId.Parse(signal));
        var buckets = historian.Resample(info.Id, QueryRange.Of(from, to), points, cancel);
        return new JsonObject
        {
            ["signal"] = info.Id.Path,
            ["unit"] = info.Definition.Unit.Code,
            ["from"] = from ?? (info.First is { } first ? Micros.Of(first) : null),
            ["to"] = to ?? (info.Latest is { } latest ? Micros.Of(latest.Time) : null),
            ["buckets"] = new JsonObject
            {
                ["start"] = new JsonArray([.. buckets.Select(bucket => JsonValue.Create(Micros.Of(bucket.Start)))]),
                ["mean"] = Column(buckets, bucket => bucket.Mean),
                ["min"] = Column(buckets, bucket => bucket.Min),
                ["max"] = Column(buckets, bucket => bucket.Max),
                ["count"] = new JsonArray([.. buckets.Select(bucket => JsonValue.Create(bucket.Count))]),
            },
        };
    }

    private static async Task<JsonObject> Samples(PlantHistorian historian, string signal, long? from = null, long? to = null, int limit = 10_000, CancellationToken cancel = default)
    {
        if (limit is < 1 or > MaxSamplesPerAnswer)
            throw new ProblemException("urn:dure:historian:bad-limit", $"{limit} samples cannot be served at once.", "query 'limit'", $"Ask for 1 to {MaxSamplesPerAnswer:N0}, and go on from the last time.");
        var info = historian.Find(SignalId.Parse(signal));
        var samples = new JsonArray();
        await foreach (var block in historian.Read(info.Id, QueryRange.Of(from, to), cancel))
        {
            for (var i = 0; i < block.Count && samples.Count < limit; i++)
                samples.Add(new JsonArray(block.TimesMicros.Span[i], Number(block.Values.Span[i]), block.Qualities.Span[i].ToString().ToLowerInvariant()));
            if (samples.Count >= limit)
                break;
        }
        return new JsonObject { ["signal"] = info.Id.Path, ["unit"] = info.Definition.Unit.Code, ["samples"] = samples };
    }

    private static JsonObject Latest(PlantHistorian historian, string signal) => Describe(historian.Find(SignalId.Parse(signal)));

    private static JsonArray Column(IReadOnlyList<Bucket> buckets, Func<Bucket, double> value) => new([.. buckets.Select(bucket => Number(value(bucket)))]);

    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    private static JsonObject Describe(SignalInfo signal) => new()
    {
        ["id"] = signal.Id.Path,
        ["unit"] = signal.Definition.Unit.Code,
        ["description"] = signal.Definition.Description,
        ["role"] = signal.Definition.Role.ToString(),
        ["low"] = signal.Definition.Low,
        ["high"] = signal.Definition.High,
        ["samples"] = signal.Samples,
        ["latest"] = signal.Latest is { } latest ? new JsonObject { ["time"] = latest.Time, ["value"] = Number(latest.Value), ["quality"] = latest.Quality.ToString() } : null,
    };
}
