using Dure.Kernel;
using Dure.Loop;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Loop;

public sealed class GateTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly AssetId Pump = AssetId.Parse("plant/pump1");

    [Fact]
    public async Task An_action_that_is_not_named_in_the_envelope_is_refused_and_nothing_moves()
    {
        var loop = new TestLoop(Envelope.Nothing);
        var record = await loop.Propose(Proposal("stop-pump"));
        var refused = Assert.IsType<Decision.Refused>(record.Decision);
        Assert.Contains("'stop-pump'", refused.Rule, StringComparison.Ordinal);
        Assert.Empty(loop.Actuator.Done);
    }

    [Fact]
    public async Task An_allowed_action_is_recorded_before_it_moves_and_after()
    {
        var loop = new TestLoop(With(new AllowedAction("stop-pump")));
        var record = await loop.Propose(Proposal("stop-pump"));
        Assert.IsType<Decision.Allowed>(record.Decision);
        Assert.Equal(["decided", "moved", "acted"], loop.Story);
        Assert.True(record.Outcome!.IsSimulated);
    }

    [Theory]
    [InlineData(null, "needs a setpoint")]
    [InlineData(4.0, "below 5")]
    [InlineData(81.0, "above 80")]
    [InlineData(double.NaN, "NaN")]
    public async Task A_setpoint_outside_the_limits_is_refused_by_name(double? setpoint, string named)
    {
        var loop = new TestLoop(With(new AllowedAction("set-flow", "L/min", 5, 80)));
        var record = await loop.Propose(Proposal("set-flow") with { Setpoint = setpoint });
        Assert.Contains(named, Assert.IsType<Decision.Refused>(record.Decision).Rule, StringComparison.Ordinal);
        Assert.Empty(loop.Actuator.Done);
    }

    [Fact]
    public async Task A_setpoint_may_not_jump_further_than_the_largest_step()
    {
        var loop = new TestLoop(With(new AllowedAction("set-flow", "L/min", 0, 100, MaxStep: 10)));
        await loop.Propose(Proposal("set-flow") with { Setpoint = 50 });
        var jump = await loop.Propose(Proposal("set-flow") with { Setpoint = 65 });
        var step = await loop.Propose(Proposal("set-flow") with { Setpoint = 58 });
        Assert.IsType<Decision.Refused>(jump.Decision);
        Assert.IsType<Decision.Allowed>(step.Decision);
    }

    public static TheoryData<string, ActionValue, string> WrongValues => new()
    {
        { "pressure", new ActionValue.Number(1, "bar"), "does not name it" },
        { "temperature", new ActionValue.Number(91, "Cel"), "outside 20 to 90 Cel" },
        { "temperature", new ActionValue.Number(double.NaN, "Cel"), "NaN" },
        { "temperature", new ActionValue.Number(80, "K"), "is in 'K'" },
        { "temperature", new ActionValue.Text("hot"), "is no number" },
        { "solvent", new ActionValue.Text("ether"), "is not one of water, ethanol" },
        { "sample", new ActionValue.Text("a\nb"), "printable" },
        { "sample", new ActionValue.Text(new string('x', 65)), "printable" },
        { "stirred", new ActionValue.Number(1), "neither true nor false" },
    };

    [Theory]
    [MemberData(nameof(WrongValues))]
    public async Task A_value_outside_the_envelope_is_refused_by_name(string name, ActionValue value, string named)
    {
        var loop = new TestLoop(With(React));
        var record = await loop.Propose(Proposal("react") with { Values = new Dictionary<string, ActionValue> { [name] = value } });
        var rule = Assert.IsType<Decision.Refused>(record.Decision).Rule;
        Assert.Contains(name, rule, StringComparison.Ordinal);
        Assert.Contains(named, rule, StringComparison.Ordinal);
        Assert.Empty(loop.Actuator.Done);
    }

    [Fact]
    public async Task Values_within_the_envelope_pass()
    {
        var loop = new TestLoop(With(React));
        var values = new Dictionary<string, ActionValue> { ["temperature"] = new ActionValue.Number(90, "Cel"), ["solvent"] = new ActionValue.Text("water"), ["sample"] = new ActionValue.Text("D-1"), ["stirred"] = new ActionValue.Flag(true) };
        Assert.IsType<Decision.Allowed>((await loop.Propose(Proposal("react") with { Values = values })).Decision);
        Assert.Same(values, Assert.Single(loop.Actuator.Done).Values);
    }

    [Fact]
    public async Task An_interlock_sees_what_is_proposed()
    {
        var loop = new TestLoop(With(React) with { Interlocks = [new Interlock("no ethanol today", proposal => proposal.Values["solvent"] is not ActionValue.Text { Value: "ethanol" })] });
        Task<DecisionRecord> with(string solvent) => loop.Propose(Proposal("react") with { Values = new Dictionary<string, ActionValue> { ["solvent"] = new ActionValue.Text(solvent) } });
        Assert.IsType<Decision.Refused>((await with("ethanol")).Decision);
        Assert.IsType<Decision.Allowed>((await with("water")).Decision);
    }

    [Fact]
    public async Task A_machine_rests_between_two_actions_of_a_kind()
    {
        var loop = new TestLoop(With(new AllowedAction("stop-pump", CoolDown: TimeSpan.FromMinutes(5))));
        await loop.Propose(Proposal("stop-pump"));
        var tooSoon = await loop.Propose(Proposal("stop-pump") with { At = Noon.AddMinutes(4) });
        var later = await loop.Propose(Proposal("stop-pump") with { At = Noon.AddMinutes(6) });
        Assert.IsType<Decision.Refused>(tooSoon.Decision);
        Assert.IsType<Decision.Allowed>(later.Decision);
    }

    [Fact]
    public async Task An_open_interlock_refuses_everything()
    {
        var isClosed = false;
        var loop = new TestLoop(With(new AllowedAction("stop-pump")) with { Interlocks = [new Interlock("guard closed", () => isClosed)] });
        Assert.Contains("guard closed", Assert.IsType<Decision.Refused>((await loop.Propose(Proposal("stop-pump"))).Decision).Rule, StringComparison.Ordinal);
        isClosed = true;
        Assert.IsType<Decision.Allowed>((await loop.Propose(Proposal("stop-pump"))).Decision);
    }

    [Fact]
    public async Task What_needs_a_person_waits_for_one()
    {
        var loop = new TestLoop(With(new AllowedAction("stop-pump", NeedsPerson: true)));
        Assert.IsType<Decision.NeedsPerson>((await loop.Propose(Proposal("stop-pump"))).Decision);
        Assert.Empty(loop.Actuator.Done);
    }

    [Fact]
    public async Task A_decision_that_cannot_be_recorded_moves_nothing()
    {
        var loop = new TestLoop(With(new AllowedAction("stop-pump"))) { LedgerFails = true };
        await Assert.ThrowsAsync<IOException>(() => loop.Propose(Proposal("stop-pump")));
        Assert.Empty(loop.Actuator.Done);
    }

    [Fact]
    public void Whatever_is_proposed_the_actuator_moves_only_within_the_envelope() =>
        Prop.ForAll<string, double, int>((action, setpoint, seconds) =>
        {
            var loop = new TestLoop(With(new AllowedAction("set-flow", "L/min", 5, 80)));
            var proposal = Proposal(action ?? "set-flow") with { Setpoint = setpoint, At = Noon.AddSeconds(seconds % 100_000) };
            loop.Propose(proposal).GetAwaiter().GetResult();
            return loop.Actuator.Done.All(done => done.Action == "set-flow" && done.Setpoint is >= 5 and <= 80);
        }).QuickCheckThrowOnFailure();

    private static AllowedAction React => new("react")
    {
        Values = [new AllowedValue.Range("temperature", 20, 90, "Cel"), new AllowedValue.OneOf("solvent", ["water", "ethanol"]), new AllowedValue.Label("sample"), new AllowedValue.Switch("stirred")],
    };

    private static ProposedAction Proposal(string action) => new(Pump, action, null, "alarm, score 2.00", "device edge-1", Noon);

    private static Envelope With(AllowedAction action) => new("test", "the tester", [action], []);

    /// <summary>A gate with a ledger and an actuator that remember the order of things.</summary>
    private sealed class TestLoop : IDecisionLedger
    {
        private readonly Gate gate;

        public TestLoop(Envelope envelope)
        {
            Actuator = new RememberingActuator(Story);
            gate = new Gate(_ => envelope, Actuator, this, new DecisionLog());
        }

        public List<string> Story { get; } = [];
        public RememberingActuator Actuator { get; }
        public bool LedgerFails { get; init; }

        public Task<DecisionRecord> Propose(ProposedAction proposal) => gate.Propose(proposal, CancellationToken.None);

        public Task<EntryReference> Decided(DecisionRecord decision, CancellationToken cancel)
        {
            if (LedgerFails)
                throw new IOException("the disk is full");
            Story.Add("decided");
            return Task.FromResult(new EntryReference(Story.Count, ContentHash.Of([])));
        }

        public Task Acted(EntryReference decision, DecisionRecord record, CancellationToken cancel)
        {
            Story.Add("acted");
            return Task.CompletedTask;
        }
    }

    private sealed class RememberingActuator(List<string> story) : IActuator
    {
        public List<ProposedAction> Done { get; } = [];
        public string Name => "simulated test pump";
        public bool IsSimulated => true;

        public Task<Actuation> Act(ProposedAction action, CancellationToken cancel)
        {
            story.Add("moved");
            Done.Add(action);
            return Task.FromResult(new Actuation(action.Setpoint));
        }
    }
}
