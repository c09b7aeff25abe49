using Dure.Kernel;

namespace Dure.Loop.Retraining;

/// <summary>That a model is to be trained again on newer data, and why. Nothing happens by proposing: it moves no machine, so no envelope speaks for it, a person does.</summary>
/// <param name="Model">The version of the model that answers for rows it did not learn from.</param>
/// <param name="ModelName">Its name, under which the new one will be registered too.</param>
/// <param name="Dataset">The dataset version to train on.</param>
/// <param name="Reason">Why, in words a person on shift understands.</param>
/// <param name="Evidence">The report that says so: a blob of the node.</param>
/// <param name="ProposedBy">Who or what looked.</param>
public sealed record RetrainingProposal(ContentHash Model, string ModelName, ContentHash Dataset, string Reason, ContentHash Evidence, string ProposedBy, DateTimeOffset At);

/// <summary>What a person said to it.</summary>
/// <param name="Entry">Where that is recorded.</param>
public sealed record RetrainingAnswer(bool IsApproved, string Why, string By, DateTimeOffset At, EntryReference Entry);

/// <summary>A proposal with what came of it.</summary>
/// <param name="Entry">Where it is recorded; its number is its name.</param>
/// <param name="Answer">Null: it waits for a person.</param>
/// <param name="Run">The training that was started; null before that.</param>
public sealed record ProposedRetraining(EntryReference Entry, RetrainingProposal Proposal, RetrainingAnswer? Answer = null, string? Run = null);

/// <summary>Where proposals and answers are recorded, and who trains. The host supplies it; what cannot be recorded is not done.</summary>
public interface IRetrainingHost
{
    /// <summary>Records a proposal; durable when it returns.</summary>
    Task<EntryReference> Proposed(RetrainingProposal proposal, CancellationToken cancel);

    /// <summary>Records a person's answer, before anything is trained; durable when it returns.</summary>
    Task<RetrainingAnswer> Answered(ProposedRetraining retraining, bool isApproved, string why, string by, CancellationToken cancel);

    /// <summary>Queues the training that was approved.</summary>
    /// <returns>The run's name.</returns>
    Task<string> Start(ProposedRetraining approved, CancellationToken cancel);
}
