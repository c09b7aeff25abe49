using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>Three downloads are three: in parallel, after a kill, by other transfers and by parts.</summary>
public sealed class UseCountTests : IAsyncLifetime
{
    private const int Parallel = 12;
    private SharingNode maker = null!; // InitializeAsync sets it
    private JsonObject offering = null!;
    private string version = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        maker = await SharingNode.Start();
        version = await maker.CutDataset("pumps", 1);
        offering = await maker.Offer(version, "pumps", "three downloads");
    }

    public ValueTask DisposeAsync() => maker.DisposeAsync();

    [Fact]
    public async Task Of_many_at_once_three_are_let_in_and_none_after_a_kill()
    {
        await using var partner = await Partner();
        var (agreement, door) = await Open(partner);
        var answers = await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => Fetch(partner, door, null)));
        Assert.Equal(3, answers.Count(answer => answer.Status == HttpStatusCode.OK));
        Assert.Equal(Parallel - 3, answers.Count(answer => answer.Status == HttpStatusCode.Forbidden));

        await maker.Kill();
        await maker.StartAgain();
        Assert.Equal(HttpStatusCode.Forbidden, (await Fetch(partner, door, null)).Status);
        Assert.Null((await partner.Begin(maker, agreement)).Door);
        Assert.Null((await partner.Negotiate(maker, offering)).Agreement); // counted by offer, not by agreement
    }

    /// <summary>A use covers the content once, and a little for what broken lines lost.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(Parallel)]
    public async Task Parts_bring_no_more_than_the_uses_allow(int atOnce)
    {
        await maker.Stretch(version, 64L << 20);
        await using var partner = await Partner();
        var (_, door) = await Open(partner);
        var (got, whole) = (0L, 0L);
        // The first byte begins a use; all but the first byte is asked for again and again.
        using (var first = await partner.Ask(door, 0, 0))
            whole = first.Content.Headers.ContentRange!.Length!.Value;
        for (var refused = false; !refused;)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Fetch(partner, door, 1)));
            got += answers.Sum(answer => answer.Bytes);
            refused = answers.All(answer => answer.Status == HttpStatusCode.Forbidden);
        }
        var announced = (await maker.Get($"datasets/{version}"))["bytes"]!.GetValue<long>();
        var content = Math.Max(announced, whole);
        // What is counted ahead for a line may have left already when another takes its place.
        var ahead = atOnce * 256L * 1024;
        Assert.True(got <= 3 * (content + content / 4 + content / 64 + ahead), $"{got} bytes by three uses of {whole}");
        TestContext.Current.TestOutputHelper!.WriteLine($"{got} bytes by three uses of {whole}");
    }

    /// <summary>Each part that leaves is an entry of the journal: a byte at a time may not be asked for without an end.</summary>
    [Fact]
    public async Task Of_very_many_requests_for_a_byte_the_later_ones_wait()
    {
        await using var partner = await Partner();
        var (_, door) = await Open(partner);
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 1000 && !answers.Contains(HttpStatusCode.TooManyRequests); i++)
        {
            using var answer = await partner.Ask(door, 5, 5);
            answers.Add(answer.StatusCode);
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
                Assert.NotNull(answer.Headers.RetryAfter);
        }
        Assert.Equal(HttpStatusCode.TooManyRequests, answers[^1]);
        Assert.All(answers.Take(60), status => Assert.Equal(HttpStatusCode.PartialContent, status));
    }

    private async Task<ForeignParticipant> Partner()
    {
        var partner = new ForeignParticipant();
        await partner.Join(await maker.Invite("Partner"));
        return partner;
    }

    private async Task<(string Agreement, ForeignParticipant.Door Door)> Open(ForeignParticipant partner)
    {
        var (agreement, why) = await partner.Negotiate(maker, offering);
        Assert.True(agreement is not null, why);
        var (door, reason) = await partner.Begin(maker, agreement);
        Assert.True(door is not null, reason);
        return (agreement, door);
    }

    private static async Task<(HttpStatusCode Status, long Bytes)> Fetch(ForeignParticipant partner, ForeignParticipant.Door door, long? from)
    {
        var (status, bytes) = (default(HttpStatusCode), 0L);
        try
        {
            using var answer = await partner.Ask(door, from);
            if (!answer.IsSuccessStatusCode)
                return (answer.StatusCode, 0);
            status = answer.StatusCode;
            await using var stream = await answer.Content.ReadAsStreamAsync(Cancel);
            var buffer = new byte[1 << 18];
            for (int read; (read = await stream.ReadAsync(buffer, Cancel)) > 0;)
                bytes += read;
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException)
        {
            // what came counts; of two that ask for the same bytes the newer is served
        }
        return (status, bytes);
    }
}
