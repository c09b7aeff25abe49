using Dure.Kernel;
using Dure.Loop;
using Dure.Loop.Retraining;
using Xunit;

namespace Dure.Tests.Loop;

public sealed class RetrainingDeskTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_yes_is_recorded_before_the_training_starts_and_a_no_starts_nothing()
    {
        var (host, desk) = Desk();
        var (first, second) = (await desk.Propose(Proposal("a"), Cancel), await desk.Propose(Proposal("b"), Cancel));
        Assert.Equal(["proposed", "proposed"], host.Story);
        var approved = await desk.Answer(first.Entry.Entry, isApproved: true, "the mould was changed", "engineer", Cancel);
        var refused = await desk.Answer(second.Entry.Entry, isApproved: false, "the sensor was broken", "engineer", Cancel);
        Assert.Equal(["proposed", "proposed", "answered", "started", "answered"], host.Story);
        Assert.Equal(("run 1", true), (approved.Run, approved.Answer!.IsApproved));
        Assert.Null(refused.Run);
        Assert.Equal([refused, approved], desk.All);
    }

    [Fact]
    public async Task A_proposal_is_put_once_while_it_waits_and_answered_once_with_a_reason()
    {
        var (host, desk) = Desk();
        var asked = await desk.Propose(Proposal("a"), Cancel);
        Assert.Equal(asked, await desk.Propose(Proposal("a"), Cancel));
        Assert.Contains("No reason", (await Refused(() => desk.Answer(asked.Entry.Entry, true, " ", "engineer", Cancel))).What, StringComparison.Ordinal);
        Assert.Equal("urn:dure:loop:no-such-proposal", (await Refused(() => desk.Answer(99, true, "why not", "engineer", Cancel))).Type);
        await desk.Answer(asked.Entry.Entry, false, "not yet", "engineer", Cancel);
        Assert.Contains("refused by engineer", (await Refused(() => desk.Answer(asked.Entry.Entry, true, "after all", "manager", Cancel))).What, StringComparison.Ordinal);
        Assert.NotEqual(asked.Entry, (await desk.Propose(Proposal("a"), Cancel)).Entry); // what was refused may be proposed anew
        Assert.Equal(["proposed", "answered", "proposed"], host.Story);
    }

    [Fact]
    public async Task What_was_approved_before_a_fall_is_started_after_it_and_what_cannot_be_started_waits()
    {
        var (host, desk) = Desk();
        var asked = await desk.Propose(Proposal("a"), Cancel);
        host.IsFull = true;
        await Refused(() => desk.Answer(asked.Entry.Entry, true, "the mould was changed", "engineer", Cancel));
        using var again = new RetrainingDesk(host, desk.All);
        await again.Resume(Cancel);
        Assert.Null(again.All[0].Run);
        host.IsFull = false;
        await again.Resume(Cancel);
        await again.Resume(Cancel);
        Assert.Equal("run 1", again.All[0].Run);
        Assert.Equal(["proposed", "answered", "started"], host.Story);
    }

    [Fact]
    public async Task A_yes_whose_training_found_no_room_is_said_again()
    {
        var (host, desk) = Desk();
        var asked = await desk.Propose(Proposal("a"), Cancel);
        host.IsFull = true;
        await Refused(() => desk.Answer(asked.Entry.Entry, true, "the mould was changed", "engineer", Cancel));
        host.IsFull = false;
        Assert.Contains("approved by engineer", (await Refused(() => desk.Answer(asked.Entry.Entry, false, "no after all", "manager", Cancel))).What, StringComparison.Ordinal);
        Assert.Equal("run 1", (await desk.Answer(asked.Entry.Entry, true, "there is room now", "engineer", Cancel)).Run);
        await Refused(() => desk.Answer(asked.Entry.Entry, true, "and again", "engineer", Cancel));
        Assert.Equal(["proposed", "answered", "started"], host.Story);
    }

    [Fact]
    public async Task Only_so_many_proposals_wait()
    {
        var (_, desk) = Desk();
        for (var i = 0; i < 100; i++)
            await desk.Propose(Proposal($"model {i}"), Cancel);
        Assert.Contains("100 proposals wait", (await Refused(() => desk.Propose(Proposal("one more"), Cancel))).What, StringComparison.Ordinal);
    }

    private static async Task<Problem> Refused(Func<Task> ask) => (await Assert.ThrowsAsync<ProblemException>(ask)).Problem;

    private static (Host Host, RetrainingDesk Desk) Desk() => new Host() is var host ? (host, new RetrainingDesk(host, [])) : default;

    private static RetrainingProposal Proposal(string model) =>
        new(ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(model)), "strength", ContentHash.Of("rows"u8), "Train the model again: its errors have risen.", ContentHash.Of("report"u8), "watch", Noon);

    private sealed class Host : IRetrainingHost
    {
        private long entries;

        public List<string> Story { get; } = [];
        public bool IsFull { get; set; }

        public Task<EntryReference> Proposed(RetrainingProposal proposal, CancellationToken cancel) => Task.FromResult(Told("proposed"));

        public Task<RetrainingAnswer> Answered(ProposedRetraining retraining, bool isApproved, string why, string by, CancellationToken cancel) =>
            Task.FromResult(new RetrainingAnswer(isApproved, why, by, Noon, Told("answered")));

        public Task<string> Start(ProposedRetraining approved, CancellationToken cancel)
        {
            Assert.True(approved.Answer!.IsApproved);
            if (IsFull)
                throw new ProblemException("urn:dure:runs:queue-full", "100 runs are waiting.", "run queue", "Wait.");
            Told("started");
            return Task.FromResult($"run {Story.Count(step => step == "started")}");
        }

        private EntryReference Told(string step)
        {
            Story.Add(step);
            return new(++entries, ContentHash.Of(BitConverter.GetBytes(entries)));
        }
    }
}
