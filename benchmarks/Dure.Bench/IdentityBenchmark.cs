using System.Diagnostics;
using System.Net;
using System.Text;
using Dure.Evidence;
using Dure.Exchange.Identity;
using Dure.Exchange.Identity.Credentials;
using Dure.Exchange.Partners;

namespace Dure.Bench;

/// <summary>What it costs to know who sent a message: making and checking tokens, with documents and lists at hand, and the answer of claims that are still good.</summary>
internal static class IdentityBenchmark
{
    private const double TargetVerifyMicroseconds = 300;

    public static async Task<Report> Run(bool isQuick)
    {
        var report = new Report("identity");
        var folder = Directory.CreateTempSubdirectory("dure-bench-").FullName;
        try
        {
            var nodes = new Dictionary<string, Party>();
            await using var alliance = await Party.Start(folder, "http://127.0.0.1:5901", nodes);
            await using var maker = await Party.Start(folder, "http://127.0.0.1:5902", nodes);
            await using var lab = await Party.Start(folder, "http://127.0.0.1:5903", nodes);
            var claims = new Dictionary<string, IReadOnlyList<string>> { ["region"] = ["KR"], ["BusinessPartnerNumber"] = ["BPNL00000000024R"] };
            foreach (var member in new[] { maker, lab })
            {
                var (_, code) = await alliance.Exchange.Invitations.Make("Alliance", "member", InvitationKind.Member, claims, Invitations.DefaultLife, "bench", CancellationToken.None);
                await member.Exchange.Introductions.Join(code.ToString(), "bench", CancellationToken.None);
            }
            var count = isQuick ? 2_000 : 20_000;
            await Measure(report, "a member's token with its credential inside", count, lab, maker);
            await maker.Exchange.Partners.Add(alliance.Exchange.Own.Did, "Alliance", "bench", CancellationToken.None);
            await Measure(report, "a partner's token", count, alliance, maker);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return report;
    }

    private static async Task Measure(Report report, string what, int count, Party from, Party to)
    {
        var clock = Stopwatch.StartNew();
        var tokens = Enumerable.Range(0, count).Select(_ => from.Exchange.Tokens.Header(to.Exchange.Own.Did)).ToArray();
        report.Note($"making {what}: {clock.Elapsed.TotalMicroseconds / count:N0} µs, {tokens[0].Length:N0} characters");
        var took = new double[count];
        for (var i = 0; i < count; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            if (await to.Exchange.Callers.Identify(tokens[i], CancellationToken.None) is null)
                throw new InvalidOperationException("A token was refused.");
            took[i] = Stopwatch.GetElapsedTime(begun).TotalMicroseconds;
        }
        Array.Sort(took, count / 10, count - count / 10); // the first tenth warms up
        var warm = took.AsSpan(count / 10);
        report.Bounded($"checking {what}, median", warm[warm.Length / 2], "µs", TargetVerifyMicroseconds);
        report.Note($"checking {what}: 99 of 100 within {warm[warm.Length * 99 / 100]:N0} µs");
        clock.Restart();
        const int Questions = 10_000;
        for (var i = 0; i < Questions; i++)
            await to.Exchange.Callers.ClaimsOf(from.Exchange.Own.Did, StatusFreshness.Message, CancellationToken.None);
        report.Note($"asking what counts of its credentials: {clock.Elapsed.TotalMicroseconds / Questions:N1} µs");
    }

    private sealed class Party : IAsyncDisposable
    {
        private readonly NodeKey key;
        private readonly Journal journal;

        private Party(NodeKey key, Journal journal, ExchangeIdentity exchange) => (this.key, this.journal, Exchange) = (key, journal, exchange);

        public ExchangeIdentity Exchange { get; }

        public static async Task<Party> Start(string folder, string address, Dictionary<string, Party> nodes)
        {
            var own = Path.Combine(folder, new Uri(address).Port.ToString());
            var key = NodeKey.LoadOrCreate(Path.Combine(own, "keys"));
            var journal = await Journal.Open(Path.Combine(own, "journal"), key, TimeProvider.System, CancellationToken.None);
            var exchange = ExchangeIdentity.Open(journal, new ExchangeIdentityOptions { KeysFolder = Path.Combine(own, "keys", "exchange"), Organisation = "Bench" }, TimeProvider.System, _ => { },
                (request, _, cancel) => nodes[request.RequestUri!.Authority].Answer(request, cancel));
            await exchange.Announce(new Uri(address), CancellationToken.None);
            return nodes[new Uri(address).Authority] = new Party(key, journal, exchange);
        }

        public async ValueTask DisposeAsync()
        {
            Exchange.Dispose();
            await journal.DisposeAsync();
            key.Dispose();
        }

        private async Task<PartnerAnswer> Answer(HttpRequestMessage request, CancellationToken cancel)
        {
            var path = request.RequestUri!.AbsolutePath[1..];
            if (path == ".well-known/did.json")
                return Ok(Exchange.Own.Document().ToJson().ToJsonString());
            if (path == MemberRegister.ListPath)
                return Ok(Exchange.Members.SignedList().Text);
            var token = request.Headers.GetValues("Authorization").Single();
            return Ok((await Exchange.Introductions.Accept(token, await request.Content!.ReadAsByteArrayAsync(cancel), _ => { }, cancel))!.ToJsonString());
        }

        private static PartnerAnswer Ok(string body) => new(HttpStatusCode.OK, Encoding.UTF8.GetBytes(body));
    }
}
