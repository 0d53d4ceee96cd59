-- Health of a Lakekeeper, for Argo CD: argocd-cm, key resource.customizations.health.lakekeeper.k8s.lakekeeper.io_Lakekeeper.
-- Argo CD runs a PostSync hook only once everything is Healthy, and registration is such a hook. So what waits for registration is
-- Healthy, or the two would wait for each other; and only what a person has to see to is Degraded, because Degraded fails the sync.
-- Plain Lua 5.1: a check in argocd-cm has no library for strings.

local function conditionOf(type)
  if obj.status == nil or obj.status.conditions == nil then
    return nil
  end
  for _, condition in ipairs(obj.status.conditions) do
    if condition.type == type then
      return condition
    end
  end
  return nil
end

local function health(status, message)
  return { status = status, message = message }
end

local function messageOf(condition)
  if condition.message ~= nil and condition.message ~= "" then
    return condition.message
  end
  return condition.reason
end

local function isBootstrapped()
  if obj.status.bootstrappedAt ~= nil then
    return true
  end
  -- Then registration bootstraps the server. With authentication on the operator, which has no token, never sees that it did.
  return obj.spec == nil or obj.spec.bootstrap == nil or obj.spec.bootstrap.enabled ~= true
end

local ready = conditionOf("Ready")
if ready == nil then
  return health("Healthy", "Waiting for registration: the operator has not said anything yet")
end
-- What was true of an earlier generation latches nothing.
if ready.observedGeneration ~= nil and obj.metadata.generation ~= nil
  and ready.observedGeneration < obj.metadata.generation then
  return health("Progressing", "Waiting for the operator to see the last change")
end
if ready.reason == "SecretValidationFailed" then
  return health("Healthy", "Waiting for registration, which writes the Secret: " .. messageOf(ready))
end
-- The operator says Degraded for more than this: during any roll-out, too.
if ready.reason == "MigrationFailed" then
  return health("Degraded", messageOf(ready))
end
if ready.status ~= "True" then
  return health("Progressing", messageOf(ready))
end
if ready.reason == "ScaledToZero" then
  return health("Healthy", messageOf(ready))
end
if not isBootstrapped() then
  local bootstrapped = conditionOf("Bootstrapped")
  if bootstrapped == nil then
    return health("Progressing", "Waiting for the operator to bootstrap the catalog")
  end
  return health("Progressing", messageOf(bootstrapped))
end
return health("Healthy", messageOf(ready))
