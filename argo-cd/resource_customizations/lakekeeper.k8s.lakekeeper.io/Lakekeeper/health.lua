-- Health of a Lakekeeper, for Argo CD: argocd-cm, key resource.customizations.health.lakekeeper.k8s.lakekeeper.io_Lakekeeper.
-- Argo CD runs a PostSync hook only once everything is Healthy, and registration is such a hook, with a deadline. So:
--   Healthy      in order, or registration is what goes on from here: it writes the Secret, or it watches the migration's Job, the
--                pods or the bootstrap. It may also have to mend them: pods with a former password never become ready.
--   Degraded     does not end by itself: a person has to act. Degraded fails the sync.
--   Progressing  everything else. A sync waits for it without a time limit.
-- Plain Lua 5.1: a check in argocd-cm has no library for strings and no clock. It always returns a status and a message.

local function field(object, ...)
  for _, name in ipairs({ ... }) do
    if type(object) ~= "table" then
      return nil
    end
    object = object[name]
  end
  return object
end

local function text(value)
  if type(value) == "string" then
    return value
  end
  return ""
end

local function health(status, message)
  return { status = status, message = message }
end

local function conditionOf(kind)
  local conditions = field(obj, "status", "conditions")
  if type(conditions) ~= "table" then
    return nil
  end
  for _, condition in ipairs(conditions) do
    if field(condition, "type") == kind then
      return condition
    end
  end
  return nil
end

-- Ready's own message is generic. The conditions that the operator sets with the same reason in the same step name the object.
local function messageFor(ready)
  local reason = field(ready, "reason")
  for _, kind in ipairs({ "Migrated", "Degraded" }) do
    local condition = conditionOf(kind)
    if reason ~= nil and field(condition, "reason") == reason and text(field(condition, "message")) ~= "" then
      return condition.message
    end
  end
  if text(field(ready, "message")) ~= "" then
    return ready.message
  end
  return text(reason)
end

-- A condition that speaks of an earlier generation than the resource has. status.observedGeneration is no help: the operator sets it
-- in its last step only.
local function isOfAnEarlierGeneration(condition)
  local observed = tonumber(field(condition, "observedGeneration"))
  local generation = tonumber(field(obj, "metadata", "generation"))
  return observed ~= nil and generation ~= nil and observed < generation
end

-- Whether the operator's message says that one of these Secrets, or one of their keys, is missing.
local function isAboutSecret(message, references)
  for _, reference in ipairs(references) do
    local name, key = text(field(reference, "name")), text(field(reference, "key"))
    if message == "secret " .. name .. " not found in namespace " .. text(field(obj, "metadata", "namespace"))
      or message == "key " .. key .. " not found in secret " .. name then
      return true
    end
  end
  return false
end

-- Everything that the operator asks for beside the Secret that registration writes.
local function secretsOfThePlatform()
  return {
    field(obj, "spec", "database", "postgres", "sslRootCertSecretRef") or false,
    field(obj, "spec", "ssl", "certFileSecretRef") or false,
    field(obj, "spec", "secretStore", "vaultKV2", "userSecretRef") or false,
    field(obj, "spec", "secretStore", "vaultKV2", "passwordSecretRef") or false,
    field(obj, "spec", "authorization", "openFGA", "clientSecretRef") or false,
  }
end

-- The operator writes from a cache. When the cache is older than the object, the API server refuses with exactly one of these texts,
-- and the operator's next look, milliseconds later, succeeds: seen during ordinary roll-outs. Other refusals are repeated and stay.
-- Times say nothing of it: lastTransitionTime is that of the status, and does not change with the reason.
local function isConflict(message)
  local name = text(field(obj, "metadata", "name"))
  local modified = "the object has been modified; please apply your changes to the latest version and try again"
  for what, object in pairs({
    ["deployment"] = 'deployments.apps "' .. name .. '"',
    ["main service"] = 'services "' .. name .. '"',
    ["metrics service"] = 'services "' .. name .. '-metrics"',
  }) do
    local prefix = "failed to reconcile " .. what .. ": "
    if message == prefix .. "Operation cannot be fulfilled on " .. object .. ": " .. modified
      or message == prefix .. object .. " already exists" then
      return true
    end
  end
  return false
end

local ready = conditionOf("Ready")
if ready == nil then
  return health("Healthy", "Waiting for registration: the operator has not said anything yet")
end
if isOfAnEarlierGeneration(ready) then
  return health("Progressing", "Waiting for the operator to see the last change")
end

local reason, message = field(ready, "reason"), messageFor(ready)
if reason == "SecretValidationFailed" then
  if isAboutSecret(message, secretsOfThePlatform()) then
    return health("Degraded", "A Secret that registration does not write, but the platform: " .. message)
  end
  return health("Healthy", "Waiting for registration, which writes the Secret: " .. message)
end
-- Also when its Job has failed: the operator counts failed pods, and goes on to say that the migration runs. Registration watches the Job.
if reason == "MigrationInProgress" then
  return health("Healthy", message)
end
if reason == "MigrationFailed" or reason == "MigrationJobCreationFailed" then
  return health("Degraded", message)
end
if reason == "DeploymentReconciliationFailed" or reason == "ServiceReconciliationFailed" then
  if isConflict(message) then
    return health("Progressing", message)
  end
  return health("Degraded", message)
end
-- Not Degraded: so it is in every roll-out. Argo CD reports the health of the Deployment beside this.
if reason == "MinimumReplicasUnavailable" then
  return health("Healthy", message)
end
if field(ready, "status") ~= "True" then
  return health("Progressing", message)
end
-- With bootstrap.enabled: false registration bootstraps the server. With authentication on the operator, which has no token, never sees that.
if reason ~= "ScaledToZero" and field(obj, "status", "bootstrappedAt") == nil and field(obj, "spec", "bootstrap", "enabled") == true then
  local bootstrapped = conditionOf("Bootstrapped")
  if bootstrapped == nil then
    return health("Healthy", "Waiting for the operator to bootstrap the catalog")
  end
  return health("Healthy", text(field(bootstrapped, "message")))
end
return health("Healthy", message)
