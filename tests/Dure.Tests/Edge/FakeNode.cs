using System.Net;
using System.Text.Json;
using Dure.Edge.Fleet;

namespace Dure.Tests.Edge;

/// <summary>What happens to one request.</summary>
internal enum Fate
{
    Answered,
    NodeAway,

    /// <summary>The node took the report, and its answer was lost.</summary>
    AnswerLost,
    ServerError,
    Unauthorized,
}

/// <summary>The node's door for reports: takes each number once, in order, as the fleet does. Fates are used up one by one.</summary>
internal sealed class FakeNode : HttpMessageHandler
{
    private readonly Lock guard = new();

    public Queue<Fate> Fates { get; } = new();
    public Fate Always { get; set; } = Fate.Answered;
    public long Sequence { get; set; }
    public List<ScoredRow> Rows { get; } = [];
    public List<AlarmOnset> Alarms { get; } = [];
    public List<int> ReportSizes { get; } = [];
    public List<string> Requests { get; } = [];
    public DeviceHealth? Health { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var report = JsonSerializer.Deserialize(await request.Content!.ReadAsByteArrayAsync(cancellationToken), FleetJson.Default.DeviceReport)!;
        lock (guard)
        {
            Requests.Add($"{request.Method} {request.RequestUri} {request.Headers.Authorization}");
            var fate = Fates.TryDequeue(out var next) ? next : Always;
            switch (fate)
            {
                case Fate.NodeAway: throw new HttpRequestException("connection refused");
                case Fate.ServerError: return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
                case Fate.Unauthorized: return new HttpResponseMessage(HttpStatusCode.Unauthorized) { Content = new StringContent("""{"title":"The token is not this device's.","status":401}""") };
            }
            var answer = Take(report);
            return fate == Fate.AnswerLost ? throw new HttpRequestException("connection reset") : answer;
        }
    }

    private HttpResponseMessage Take(DeviceReport report)
    {
        if (report.Sequence > Sequence + 1)
            return new HttpResponseMessage(HttpStatusCode.Conflict);
        var wasKnown = report.Sequence <= Sequence;
        if (!wasKnown)
        {
            Sequence = report.Sequence;
            Rows.AddRange(report.Scores);
            Alarms.AddRange(report.Alarms);
            ReportSizes.Add(report.Scores.Count);
            Health = report.Health;
        }
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new ReportReceipt(Sequence, wasKnown), FleetJson.Default.ReportReceipt)) };
    }
}
