using Dure.Exchange.Policies;

namespace Dure.Exchange.Conduct;

/// <summary>Knows what verified credentials say of partners.</summary>
public interface IPartnerClaims
{
    /// <summary>What holds now.</summary>
    /// <param name="partner">The partner's identifier.</param>
    /// <param name="maxAge">How old the word of the issuer may be.</param>
    ValueTask<PolicyClaims> Of(string partner, TimeSpan maxAge, CancellationToken cancel);

    /// <summary>Whether a person of this organisation shut the partner out.</summary>
    bool IsBlocked(string partner);
}
