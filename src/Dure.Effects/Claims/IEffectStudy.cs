using System.Text.Json.Nodes;

namespace Dure.Effects;

/// <summary>A way of comparing that a plan can name: <see cref="AlarmStudy"/> or <see cref="SwitchbackStudy"/>.</summary>
public interface IEffectStudy
{
    /// <summary>Writes all settings into the plan; its digest fixes them.</summary>
    internal void Describe(JsonObject plan);
}
